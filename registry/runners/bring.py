"""`python -m registry.runners.bring`: the first program in a pod. Brings the model and its manifest, then ends.

WELES_MODEL_URL and WELES_MANIFEST_URL are addresses that may be read for a short time (`registry.domain.signature`);
each ends in the digest of what must come. It also opens the lease.
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

_TRIES, _PAUSE_SECONDS, _WAIT_SECONDS = 5, 0.5, 30
_CHUNK_BYTES = 1 << 20


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


def main(environ: Mapping[str, str]) -> None:
    model, run = Path(environ["WELES_MODEL_DIR"]), Path(environ["WELES_RUN_DIR"])
    for name, target in (("WELES_MODEL_URL", "model"), ("WELES_MANIFEST_URL", "model.json")):
        for left in range(_TRIES, 0, -1):
            try:
                bring(environ[name], model / target)
                break
            except HTTPError as error:
                sys.exit(f"{target}: the lake answered {error.code}")
            except OSError as error:
                if left == 1:
                    sys.exit(f"{target}: {error}")
                time.sleep(_PAUSE_SECONDS)
    (run / "lease").touch()


if __name__ == "__main__":
    main(os.environ)
