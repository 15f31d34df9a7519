"""The modules that a pickled model names, read from its opcodes: nothing is loaded."""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import Any, BinaryIO, cast

__all__ = ["modules_of_file", "modules_of_object"]

_TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
_GETS = ("GET", "BINGET", "LONG_BINGET")


def modules_of_file(file: BinaryIO) -> set[str]:
    """The modules of every class and function that the pickle names; the file is read from its start.

    Raises ValueError when it is no plain pickle (joblib puts its arrays between the opcodes).
    """
    file.seek(0)
    found: set[str] = set()
    memo: dict[Any, str | None] = {}
    texts: list[str] = []  # the texts pushed last: a STACK_GLOBAL takes the last two
    last: str | None = None
    try:
        for opcode, read, _ in pickletools.genops(file):
            name, argument = opcode.name, cast(Any, read)
            if name in _TEXTS:
                last = argument
                texts = [*texts[-1:], argument]
            elif name == "MEMOIZE":
                memo[len(memo)] = last
            elif name in _PUTS:
                memo[int(argument)] = last
            elif name in _GETS:
                last = memo.get(int(argument))
                if last is not None:
                    texts = [*texts[-1:], last]
            else:
                if name == "GLOBAL":
                    found.add(argument.partition(" ")[0])
                elif name == "STACK_GLOBAL" and texts:
                    found.add(texts[0])
                last = None
    except (ValueError, IndexError, OverflowError, UnicodeDecodeError) as reason:
        raise ValueError(f"it is no plain pickle: {reason}") from None
    return found


def modules_of_object(model: Any) -> set[str]:
    """The modules of every class and function that pickling the object would name; nothing is kept of the pickle.

    Raises what pickling raises.
    """
    recorder = _Recorder(_Nowhere(), protocol=5, buffer_callback=lambda _: None)
    recorder.dump(model)
    return recorder.found


class _Recorder(pickle.Pickler):
    """Sees every class and function on its way into the pickle, and the class of every object."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.found: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        module = getattr(obj if isinstance(obj, type) or callable(obj) else type(obj), "__module__", None)
        if isinstance(module, str):
            self.found.add(module)
        return NotImplemented


class _Nowhere(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return len(data)
