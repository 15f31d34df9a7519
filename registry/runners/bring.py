"""`python -m registry.runners.bring`: the first program in a pod. Brings what its model container reads, then ends.

That is the model (WELES_MODEL_URL) and its manifest (WELES_MANIFEST_URL), or the order to be ready for one
(WELES_ORDER_URL); the relay brings the model then. The addresses may be read for a short time
(`registry.domain.signature`); each ends in the digest of what must come. It also opens the lease.
"""

import hashlib
import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from registry.runners.model_folder import FILE, MANIFEST, ORDER

_TRIES, _PAUSE_SECONDS, _WAIT_SECONDS = 5, 0.5, 30
_CHUNK_BYTES = 1 << 20


class CannotBring(Exception):
    """What was wanted did not come, and why."""


def bring(address: str, target: Path) -> None:
    """Download to `target`, whole or not at all. Raises OSError, and ValueError when something else came."""
    digest = urlsplit(address).path.rpartition("/")[2]
    beside = target.with_name(f".{target.name}")
    content = hashlib.sha256()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=_WAIT_SECONDS) as response, beside.open("wb") as file:
        while chunk := response.read(_CHUNK_BYTES):
            content.update(chunk)
            file.write(chunk)
    if f"sha256:{content.hexdigest()}" != digest:
        raise ValueError(f"{digest} was asked for, and something else came")
    beside.chmod(0o444)
    beside.replace(target)


def bring_all(wanted: Mapping[str, str], folder: Path) -> None:
    """Download each file of `folder` from its address, one after another. Raises CannotBring."""
    for name, address in wanted.items():
        for left in range(_TRIES, 0, -1):
            try:
                bring(address, folder / name)
                break
            except HTTPError as error:
                raise CannotBring(f"{name}: the lake answered {error.code}") from error
            except ValueError as error:
                raise CannotBring(f"{name}: {error}") from error
            except OSError as error:
                if left == 1:
                    raise CannotBring(f"{name}: {error}") from error
                time.sleep(_PAUSE_SECONDS)


def main(environ: Mapping[str, str]) -> None:
    names = {"WELES_MODEL_URL": FILE, "WELES_MANIFEST_URL": MANIFEST, "WELES_ORDER_URL": ORDER}
    wanted = {name: environ[variable] for variable, name in names.items() if environ.get(variable)}
    try:
        bring_all(wanted, Path(environ["WELES_MODEL_DIR"]))
    except CannotBring as error:
        sys.exit(str(error))
    Path(environ["WELES_RUN_DIR"], "lease").touch()


if __name__ == "__main__":
    main(os.environ)
