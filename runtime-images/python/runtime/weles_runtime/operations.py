"""What a runtime can be asked: ping, hello, modules, predict."""

import platform

from weles_runtime import inputs, packages, warm
from weles_runtime.errors import NotAPrediction, RequestError, describe
from weles_runtime.manifest import CONTRACT
from weles_runtime.processes import Processes
from weles_runtime.turns import Turns


class Operations:
    """Answers for one loaded model."""

    def __init__(self, manifest, flavour, model, load_seconds, processes=1, memory_bytes=0):
        self._manifest = manifest
        self._flavour = flavour
        self._model = model
        self._load_seconds = load_seconds
        self._turns = Turns(self._call, lambda: more.wanted())
        more = Processes(processes, memory_bytes, self._turns.add)

    def answer(self, header, table):
        """(header, table or None) of the answer. Never raises: what goes wrong is an answer too."""
        operation = header.get("op")
        try:
            if operation == "predict":
                return {"ok": True}, self._predict(header, table)
            if operation == "hello":
                return self._hello(), None
            if operation == "modules":
                return {"ok": True, "modules": warm.imported()}, None
            if operation == "ping":
                return {"ok": True}, None
            raise RequestError("invalid_request", "unknown operation {!r}".format(operation))
        except RequestError as error:
            return {"ok": False, "error": dict(describe(error.kind, error), traceback="")}, None
        except BaseException as error:  # The model may raise anything, SystemExit too; the runtime goes on.
            return {"ok": False, "error": describe("model_raised", error)}, None

    def _predict(self, header, table):
        if table is None:
            raise RequestError("invalid_request", "a prediction needs a table")
        ordered = inputs.in_order(table, self._manifest.inputs)
        mode, together = header.get("mode", "exact"), header.get("together") is True
        return self._turns.ask(mode, ordered, header.get("wait"), together)

    def _call(self, mode, table):
        predicted = self._flavour.predict(self._model, table, mode)
        if predicted.rows != table.rows:
            raise NotAPrediction("the model gave {} answers for {} rows".format(predicted.rows, table.rows))
        return predicted

    def _hello(self):
        kind = type(self._model)
        return {
            "ok": True,
            "contract": CONTRACT,
            "language": "python",
            "version": platform.python_version(),
            "flavour": self._manifest.flavour,
            "class": "{}.{}".format(kind.__module__, kind.__qualname__),
            "load_seconds": round(self._load_seconds, 3),
            "packages": packages.installed(),
            "modes": self._flavour.modes(self._model),
        }
