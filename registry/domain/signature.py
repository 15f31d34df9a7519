"""What a lake's own processes prove to each other with the lake's secret.  (pure)

One secret, and a key of its own for each purpose: whoever learns one key can do nothing else with it.
"""

import hashlib
import hmac
import re
from urllib.parse import urlencode

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHORTEST_SECRET = 16


def key(secret: str, purpose: str) -> bytes:
    """The key (32 bytes) of a purpose, such as `desk`. Raises ValueError for a secret that is too short to be one."""
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"the lake's secret must have at least {_SHORTEST_SECRET} characters")
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)


def blob_address(secret: str, digest: str, expires: int) -> str:
    """Path and query by which whoever has it may read this one blob until `expires`, in seconds since 1970."""
    return f"/blobs/{digest}?{urlencode({'expires': expires, 'signature': _signature(secret, digest, expires)})}"


def may_read(secret: str, digest: str, expires: str, signature: str, now: float) -> bool:
    """Whether an address of `blob_address` says so, whatever a stranger wrote into it."""
    if _DIGEST.fullmatch(digest) is None or not (expires.isascii() and expires.isdigit() and len(expires) < 16):
        return False
    expected = _signature(secret, digest, int(expires))
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")) and now < int(expires)


def _signature(secret: str, digest: str, expires: int) -> str:
    return hmac.new(key(secret, "blobs"), f"{digest}\n{expires}".encode(), hashlib.sha256).hexdigest()
