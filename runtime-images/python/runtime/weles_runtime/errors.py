"""What goes wrong inside a runtime, and how it is told: as a document without a frame of the runtime's own code."""

import os
import traceback

_HERE = os.path.dirname(os.path.abspath(__file__))
_MAX_MESSAGE = 8000
_MAX_TRACEBACK = 16000
_MAX_FRAMES = 60


class ContractError(Exception):
    """The manifest, a setting or the model's folder is not as the contract says."""


class RequestError(Exception):
    """A request cannot be answered; `kind` is one of the contract's: invalid_request, invalid_input, unsupported_mode."""

    def __init__(self, kind, message):
        Exception.__init__(self, message)
        self.kind = kind


class NotAPrediction(Exception):
    """What the model gave is no prediction for the rows that it was given."""


class DescribedError(Exception):
    """What another process of the model has described already."""

    def __init__(self, document):
        Exception.__init__(self, document["message"])
        self.document = document


def describe(kind, error):
    """{"kind", "class", "message", "traceback"} of an exception, all texts bounded."""
    if isinstance(error, DescribedError):
        return error.document
    return {
        "kind": kind,
        "class": type(error).__name__,
        "message": _text(error)[:_MAX_MESSAGE],
        "traceback": _model_traceback(error)[-_MAX_TRACEBACK:],
    }


def _model_traceback(error):
    """The traceback from the first frame that is not the runtime's."""
    frames = error.__traceback__
    while frames is not None and _is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    try:
        told = traceback.TracebackException(type(error), error, frames, limit=-_MAX_FRAMES)
        return _encodable("".join(told.format()))
    except Exception:  # An exception's own __str__ or __cause__ may raise: it is the model's code.
        return type(error).__name__


def _is_ours(filename):
    return os.path.dirname(os.path.abspath(filename)).startswith(_HERE)


def _text(error):
    try:
        return _encodable(str(error))
    except Exception:  # As above.
        return "(this exception has no text)"


def _encodable(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
