# ruff: noqa: UP006, UP035, UP045
"""Download package files by address, in parallel, each checked by its hash before it gets its name.

Runs as `python fetch.py PLAN FOLDER`. PLAN is JSON: a list of {"url", "sha256", "label"}; every file comes
to be at FOLDER/<sha256>. Standard output has one JSON line {"files": n, "bytes": b} for every step of progress,
standard error one line for every file that failed. Exit code 0 when all came, 1 otherwise.

The index's credentials are in UV_DEFAULT_INDEX and UV_INDEX, as for uv; proxies and CA bundle come by the environment.
"""

import base64
import hashlib
import http.client
import json
import os
import ssl
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, Optional, Tuple

WORKERS = 6
ATTEMPTS = 4
TIMEOUT_SECONDS = 60
CHUNK_BYTES = 1 << 18
REPORT_SECONDS = 0.2


class WrongHash(Exception):
    """The file is not the one that was locked."""


class Progress:
    """Files and bytes so far, printed now and then; shared by the threads."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self._printed = 0.0
        self._lock = threading.Lock()

    def add(self, files: int, count: int) -> None:
        with self._lock:
            self.files += files
            self.bytes += count
            now = time.monotonic()
            if files or now - self._printed >= REPORT_SECONDS:
                self._printed = now
                print(json.dumps({"files": self.files, "bytes": self.bytes}), flush=True)


def origin(url: str) -> Tuple[str, Optional[str], Optional[int]]:
    """Scheme, host and port: to whom credentials may be shown."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def authorization(url: str, environ: Dict[str, str]) -> Optional[str]:
    """The Authorization header for an address: its own credentials, or those of an index with the same origin."""
    candidates = [url, environ.get("UV_DEFAULT_INDEX", ""), *environ.get("UV_INDEX", "").split()]
    for candidate in candidates:
        # An index can be named: `name=https://…`.
        address = candidate[candidate.find("=") + 1 :] if "=" in candidate.split("://")[0] else candidate
        parts = urllib.parse.urlsplit(address)
        if parts.username is not None and origin(address) == origin(url):
            pair = urllib.parse.unquote(parts.username) + ":" + urllib.parse.unquote(parts.password or "")
            return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")
    return None


def without_credentials(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def request_for(url: str, environ: Dict[str, str]) -> urllib.request.Request:
    request = urllib.request.Request(without_credentials(url))  # noqa: S310 (addresses come from the lock)
    header = authorization(url, environ)
    if header is not None:
        # Unredirected: an index that redirects to another host must not take its credentials there.
        request.add_unredirected_header("Authorization", header)
    return request


def context_for(url: str, environ: Dict[str, str]) -> ssl.SSLContext:
    parts = urllib.parse.urlsplit(url)
    insecure = environ.get("UV_INSECURE_HOST", "").split()
    if parts.hostname in insecure or f"{parts.hostname}:{parts.port}" in insecure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context()


def download(item: Dict[str, str], folder: str, progress: Progress, environ: Dict[str, str]) -> None:
    """One attempt; the file gets its name only when it is whole and right."""
    path = Path(folder, item["sha256"])
    partial = path.with_suffix(".part")
    digest = hashlib.sha256()
    received = 0
    try:
        request = request_for(item["url"], environ)
        context = context_for(item["url"], environ)
        opened = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context)  # noqa: S310
        with opened as response, partial.open("wb") as file:
            for chunk in iter(lambda: response.read(CHUNK_BYTES), b""):
                digest.update(chunk)
                file.write(chunk)
                received += len(chunk)
                progress.add(0, len(chunk))
        if digest.hexdigest() != item["sha256"]:
            raise WrongHash(f"hash mismatch for {item['label']}: {digest.hexdigest()}")
        partial.rename(path)
        progress.add(1, 0)
    except BaseException:
        progress.add(0, -received)
        raise
    finally:
        if partial.exists():
            partial.unlink()


def is_worth_another_try(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code == 429 or error.code >= 500
    return not (isinstance(error, OSError) and error.errno == 28)


def fetch(item: Dict[str, str], folder: str, progress: Progress, environ: Dict[str, str]) -> Optional[str]:
    """Download with some patience; None, or what is to be said about the failure."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            download(item, folder, progress, environ)
        except (OSError, http.client.HTTPException, WrongHash, ValueError) as error:
            if attempt == ATTEMPTS or not is_worth_another_try(error):
                return f"failed to download `{item['label']}`: {type(error).__name__}: {error}"
            time.sleep(0.5 * 2 ** (attempt - 1))
        else:
            return None
    raise AssertionError("the last attempt returns")


def main(arguments: List[str]) -> int:
    plan_path, folder = arguments
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))  # type: List[Dict[str, str]]
    progress = Progress()
    environ = dict(os.environ)
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda item: fetch(item, folder, progress, environ), plan))
    failures = [failure for failure in results if failure is not None]
    for failure in failures:
        print(failure, file=sys.stderr, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
