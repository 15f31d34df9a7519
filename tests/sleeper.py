"""A package that is only to be had as source, and whose setup.py waits for ever once it is compiled."""

import io
import os
import tarfile
from pathlib import Path

NAME, SAYS = "weles-sleeper", "waiting for an answer"
REQUIREMENT = f"{NAME}==1.0\n"
_SETUP = f"""
import sys, time
from setuptools import setup
if "bdist_wheel" in sys.argv:
    print("{SAYS}", flush=True)
    time.sleep(100_000)
setup(name="{NAME}", version="1.0")
"""
# As of an old setuptools: whoever wants to know the dependencies must run setup.py.
_METADATA = f"Metadata-Version: 1.2\nName: {NAME}\nVersion: 1.0\n"


def offer(folder: Path) -> Path:
    """A folder of find-links that has it, beside what the folder holds already."""
    folder.mkdir(exist_ok=True)
    # Containers look into it as nobody.
    for each in (folder, *folder.parents[:3]):
        each.chmod(0o755)
    with tarfile.open(folder / "weles_sleeper-1.0.tar.gz", "w:gz") as tar:
        for name, text in {"setup.py": _SETUP, "PKG-INFO": _METADATA}.items():
            entry = tarfile.TarInfo(f"weles-sleeper-1.0/{name}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return folder


def find_links(folder: Path) -> dict[str, str]:
    """The host's variable for pip, with the folder beside what it has."""
    return {"PIP_FIND_LINKS": " ".join(filter(None, (os.environ.get("PIP_FIND_LINKS"), str(folder))))}
