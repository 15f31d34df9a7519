"""The program: one question on standard input, its answer on standard output, and rows to predict in between.

| question | answer |
|---|---|
| {"op": "measure", "measures", "classes"} + table | {"op": "result", "measures"} |
| {"op": "explain", "question", "about", "has_rows"} + background, and the rows as a second message, if it has any |
  {"op": "result", "data", "plots", "plotly"} |
| {"op": "script"} | {"op": "result", "script"} |

While it explains it asks {"op": "predict"} + table and is told {"ok": true} + one float64 column. What goes wrong is
answered with {"op": "failed", "reason"}. It ends by itself when the worker has gone.
"""

import base64
import os
import resource
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from registry.analysis import pipe
from registry.tables.table import Table

_MEMORY_BYTES = 6 << 30


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    warnings.simplefilter("ignore")
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not stand among the messages.
    os.dup2(2, 1)
    try:
        header, table = pipe.receive(incoming)
        answer = _OPERATIONS[header["op"]](header, table, incoming, outgoing)
    except EOFError:
        return 1
    except Exception as error:
        answer = {"op": "failed", "reason": f"{type(error).__name__}: {error}"[:2000]}
    pipe.send(outgoing, answer)
    return 0


def _measure(header: dict[str, Any], table: Table | None, *_: BinaryIO) -> dict[str, Any]:
    from registry.analysis import measures

    return {"op": "result", "measures": measures.compute(_there(table), header["measures"], header["classes"])}


def _explain(header: dict[str, Any], table: Table | None, incoming: BinaryIO, outgoing: BinaryIO) -> dict[str, Any]:
    from registry.analysis import browser, drawing
    from registry.analysis.explanations import Question, explain

    rows = _there(pipe.receive(incoming)[1]) if header["has_rows"] else None

    def predict(asked: Table) -> Sequence[float]:
        pipe.send(outgoing, {"op": "predict"}, asked)
        return _there(pipe.receive(incoming)[1]).columns[0].to_values()

    data = {**explain(Question(background=_there(table), rows=rows, **header["question"]), predict), **header["about"]}
    plots = {**drawing.draw(data), browser.MEDIA_TYPE: browser.figure(data)}
    return {
        "op": "result",
        "data": data,
        "plots": {kind: base64.b64encode(content).decode() for kind, content in plots.items()},
        "plotly": browser.VERSION,
    }


def _script(*_: Any) -> dict[str, Any]:
    from registry.analysis import browser

    return {"op": "result", "script": browser.script().decode()}


def _there(table: Table | None) -> Table:
    if table is None:
        raise ValueError("a message without its table")
    return table


_OPERATIONS: dict[str, Callable[..., dict[str, Any]]] = {"measure": _measure, "explain": _explain, "script": _script}

if __name__ == "__main__":
    sys.exit(main())
