"""A JSON text, value by value: the few signs around the rows of a large table are read here, the rows by `json`."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from registry.domain.errors.invalid import InvalidInput
from registry.tables import json_format

MAX_VALUE_CHARACTERS = 32 << 20
_BLOCK_BYTES = 1 << 18
_BLANKS = " \t\n\r"


class JsonText:
    """An open file with JSON text, read from its start. Methods raise InvalidInput where the text is not JSON.

    `characters`: how long the values were that have been given so far, all together.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False
        self.characters = 0
        self._json = json.JSONDecoder(
            parse_constant=json_format.no_constant, object_pairs_hook=json_format.distinct, strict=True
        )

    def peek(self) -> str:
        """The next sign that is not blank; empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, *signs: str) -> str:
        """The next sign, which has to be one of these."""
        sign = self.peek()
        if sign not in signs or not sign:
            raise InvalidInput(f"The text is not JSON: expected {' or '.join(signs)}, got {sign or 'its end'}.")
        self._at += 1
        return sign

    def value(self, what: str, row: int | None = None) -> Any:
        """The next value, of at most MAX_VALUE_CHARACTERS; `what` names it in an error."""
        self.peek()
        wanted = _BLOCK_BYTES
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                raise InvalidInput("The JSON text is nested too deeply.") from None
            except json.JSONDecodeError as error:
                # It may only be that its end has not been read yet.
                if len(self._text) - self._at > MAX_VALUE_CHARACTERS:
                    raise InvalidInput(f"{what} is longer than {MAX_VALUE_CHARACTERS} characters.", row=row) from None
                at = error.pos - self._at
                if self._more(wanted):
                    wanted *= 2
                    continue
                got = self._text[self._at + at :][:20] or "the end of the text"
                raise InvalidInput(f"{what} is not JSON: {error.msg}, got {got!r}.", row=row, expected="JSON") from None
            except ValueError as error:
                raise InvalidInput(f"{what} is not JSON: {error}.", row=row) from None
            # A number at the end of what was read may go on.
            if end == len(self._text) and isinstance(value, int | float) and self._more():
                continue
            self.characters += end - self._at
            self._at = end
            return value

    def list(self, what: str) -> Iterator[Any]:
        """The values of the list that comes next, one after another."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        number = 0
        while True:
            yield self.value(f"{what} {number}", number)
            number += 1
            if self.take(",", "]") == "]":
                return

    def end(self) -> None:
        """Nothing but blanks may follow."""
        if self.peek():
            raise InvalidInput(f"The text is not JSON: {self.peek()!r} after its end.")

    def _more(self, size: int = _BLOCK_BYTES) -> bool:
        """Read on; False at the end."""
        if self._ended:
            return False
        block = self._file.read(size)
        self._ended = not block
        try:
            self._text = self._text[self._at :] + self._decode.decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            raise InvalidInput(f"The JSON text is not UTF-8: {error.reason}.") from None
        self._at = 0
        return True
