"""What a runtime can be asked: ping, hello, predict."""

import platform
import threading

from weles_runtime import inputs, packages
from weles_runtime.errors import NotAPrediction, RequestError, describe
from weles_runtime.manifest import CONTRACT


_LONGEST_WAIT = 86400.0


class Operations:
    """Answers for one loaded model; predictions one at a time, because models are not safe to call from two threads."""

    def __init__(self, manifest, flavour, model, load_seconds):
        self._manifest = manifest
        self._flavour = flavour
        self._model = model
        self._load_seconds = load_seconds
        self._predicting = threading.Lock()

    def answer(self, header, table):
        """(header, table or None) of the answer. Never raises: what goes wrong is an answer too."""
        operation = header.get("op")
        try:
            if operation == "predict":
                return {"ok": True}, self._predict(header.get("mode", "exact"), table, header.get("wait"))
            if operation == "hello":
                return self._hello(), None
            if operation == "ping":
                return {"ok": True}, None
            raise RequestError("invalid_request", "unknown operation {!r}".format(operation))
        except RequestError as error:
            return {"ok": False, "error": dict(describe(error.kind, error), traceback="")}, None
        except BaseException as error:  # The model may raise anything, SystemExit too; the runtime goes on.
            return {"ok": False, "error": describe("model_raised", error)}, None

    def _predict(self, mode, table, wait):
        if table is None:
            raise RequestError("invalid_request", "a prediction needs a table")
        ordered = inputs.in_order(table, self._manifest.inputs)
        if not self._predicting.acquire(timeout=_LONGEST_WAIT if wait is None else min(float(wait), _LONGEST_WAIT)):
            raise RequestError("busy", "the model has been answering others for {} seconds".format(wait))
        try:
            predicted = self._flavour.predict(self._model, ordered, mode)
        finally:
            self._predicting.release()
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
