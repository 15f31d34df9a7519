"""A file as memory that the system reads when it is looked at, and that can be let go of again."""

import io
import mmap
from typing import Any, BinaryIO

import pyarrow as pa

_LETS_GO = hasattr(mmap.mmap, "madvise") and hasattr(mmap, "MADV_DONTNEED")


class Mapped:
    """All of an open file, without a copy of it; one that is in memory already is taken as it is."""

    def __init__(self, file: BinaryIO) -> None:
        self._map: mmap.mmap | None = None
        try:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._content: Any = pa.py_buffer(self._map)
        except (io.UnsupportedOperation, ValueError):  # no file of the system's, or an empty one
            file.seek(0)
            self._content = pa.py_buffer(file.read())

    @property
    def size(self) -> int:
        return int(self._content.size)

    def begins_with(self, start: bytes) -> bool:
        return bool(self._content.slice(0, len(start)).to_pybytes() == start) if self.size >= len(start) else False

    def reader(self, start: int = 0) -> Any:
        """A `pyarrow.BufferReader` from that byte on; what it gives shares the file's pages."""
        return pa.BufferReader(self._content.slice(start))

    def let_go(self) -> None:
        """What was looked at need not stay in this process's memory; looking again is allowed."""
        if self._map is not None and _LETS_GO:
            self._map.madvise(mmap.MADV_DONTNEED)
