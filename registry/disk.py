"""The disks of this machine that a lake fills."""

import os
from pathlib import Path

from registry.domain.watermarks import Disk


def disk_of(folder: Path) -> Disk:
    """How full the file system of the folder is. Raises OSError."""
    found = os.statvfs(folder)
    return Disk(used=(found.f_blocks - found.f_bfree) * found.f_frsize, free=found.f_bavail * found.f_frsize)


def engine_folder(root: str, home: Path) -> Path:
    """Where the engine keeps images, if it can be seen from here; else the lake's home stands in for it."""
    folder = Path(root)
    return folder if root and folder.is_dir() else home
