"""Programs that run inside throw-away containers, as text."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def program(name: str) -> bytes:
    """The program's own text."""
    return (_FOLDER / name).read_bytes()
