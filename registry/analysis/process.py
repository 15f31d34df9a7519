"""The worker's side of the analysis program: one process per question, ended with it."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from registry.analysis import pipe
from registry.domain.entities import Json
from registry.domain.errors.lake import AnalysisUnavailable, LakeFailed
from registry.domain.schema import ColumnType, Field
from registry.tables.frame import BadFrame
from registry.tables.table import Column, Table


@dataclass(frozen=True, slots=True)
class Drawn:
    """An explanation's document, its plots by media type, and the version of the script that draws the browser's."""

    data: Json
    plots: Mapping[str, bytes]
    script_version: str


_VALUE = Field("value", ColumnType.FLOAT64)
_TELLS = 2000


class AnalysisProcess:
    """Asks the program. `python`: the interpreter that has the extra `analysis`; `seconds`: for one question;
    `cache`: a folder in which its libraries keep what they would compute at every start (the list of fonts).

    Every method may raise AnalysisUnavailable, and LakeFailed with what went wrong in the computation.
    """

    def __init__(self, python: Path, seconds: float, cache: Path) -> None:
        self._python = python
        self._seconds = seconds
        self._cache = cache

    def measure(self, table: Table, measures: Sequence[str], classes: int) -> dict[str, Json]:
        """{measure: {"value", "note"}}: see `registry.analysis.measures`."""
        with self._program() as (program, _):
            header = {"op": "measure", "measures": [*measures], "classes": classes}
            return dict(_talk(program, [(header, table)], None)["measures"])

    def explain(
        self,
        question: Json,
        about: Json,
        background: Table,
        rows: Table | None,
        predict: Callable[[Table], Sequence[float]],
    ) -> Drawn:
        """See `registry.analysis.explanations`; `about` goes into the document as it is.

        `predict` gives one number per row of a table; what it raises is raised here.
        """
        with self._program() as (program, _):
            header = {"op": "explain", "question": question, "about": about, "has_rows": rows is not None}
            messages: list[tuple[Json, Table]] = [(header, background)]
            if rows is not None:
                messages.append(({"op": "rows"}, rows))
            answer = _talk(program, messages, predict)
        plots = {kind: base64.b64decode(content) for kind, content in answer["plots"].items()}
        return Drawn(answer["data"], plots, str(answer["plotly"]))

    def plot_script(self) -> bytes:
        """plotly.js."""
        with self._program() as (program, _):
            return str(_talk(program, [({"op": "script"}, None)], None)["script"]).encode()

    @contextmanager
    def _program(self) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
        """The running program; it is over, one way or the other, when the block is."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile() as said:
            try:
                program = subprocess.Popen(
                    [self._python, "-m", "registry.analysis"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env=_environ(self._cache),
                )
            except OSError as error:
                raise AnalysisUnavailable(f"{self._python} cannot be started ({error.strerror})") from error
            late = threading.Timer(self._seconds, program.kill)
            late.start()
            try:
                yield program, said
            except (EOFError, BrokenPipeError, BadFrame) as error:
                program.kill()
                program.wait()
                if not late.is_alive():
                    raise LakeFailed(f"The computation took longer than {self._seconds:g} seconds.") from error
                raise AnalysisUnavailable(_last_line(said) or "the program ended before it answered") from error
            finally:
                late.cancel()
                program.kill()
                program.wait()
                for stream in (program.stdin, program.stdout):
                    with suppress(OSError):
                        cast(BinaryIO, stream).close()


def interpreter(named: str) -> Path:
    """The one that is named; else that of the environment `analysis` within the worker's own; else the worker's."""
    if named:
        return Path(named)
    own = Path(sys.prefix) / "analysis" / "bin" / "python"
    return own if own.exists() else Path(sys.executable)


def _talk(
    program: "subprocess.Popen[bytes]",
    messages: Sequence[tuple[Mapping[str, Any], Table | None]],
    predict: Callable[[Table], Sequence[float]] | None,
) -> dict[str, Any]:
    """Send the messages, answer what is asked, return the result.

    Raises LakeFailed, EOFError when the program has gone, and what `predict` does.
    """
    outgoing, incoming = cast(BinaryIO, program.stdin), cast(BinaryIO, program.stdout)
    for header, table in messages:
        pipe.send(outgoing, header, table)
    while True:
        answer, asked = pipe.receive(incoming)
        if answer.get("op") == "predict" and predict is not None and asked is not None:
            pipe.send(outgoing, {"ok": True}, Table.of((Column.from_values(_VALUE, [*predict(asked)]),)))
        elif answer.get("op") == "result":
            return answer
        else:
            raise LakeFailed(f"The computation failed: {json.dumps(answer.get('reason'))[:_TELLS]}")


def _environ(cache: Path) -> dict[str, str]:
    """Nothing of the worker's own settings; a folder that libraries may write to; one thread."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "HOME": str(cache), "MPLCONFIGDIR": str(cache)}


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:_TELLS] if lines else ""
