"""Virtual environments of the servers, each its own, made once under `.cache/bench` by the requirements beside this."""

import hashlib
import subprocess
import sys
from pathlib import Path

import uv

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "bench"


def python_of(name: str) -> Path:
    """The interpreter of the environment `requirements/<name>.txt`, made now if it is missing or has changed."""
    requirements = HERE / "requirements" / f"{name}.txt"
    folder = CACHE / name
    python, stamp = folder / "bin" / "python", folder / "made-from"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", "--python", python, "-r", requirements], check=True)
        stamp.write_text(wanted)
    return python


def version_of(name: str, package: str) -> str:
    """The installed version of a package."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python_of(name), "-c", program], check=True, capture_output=True, text=True).stdout.strip()
