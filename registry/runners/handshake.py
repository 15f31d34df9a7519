"""How the two ends of a connection to a pod prove to each other that they know its key, before anything is said.

Addresses of pods are given out again: a question must not reach the model that has the address now. Neither end tells
the key, and what was said once is of no use to whoever heard it.

    client  magic: 4 bytes | purpose: 1 byte | nonce: 16 bytes
    relay   nonce: 16 bytes | proof: 32 bytes        only if it can do what is asked for
    client  proof: 32 bytes
"""

import hashlib
import hmac
import os
from collections.abc import Callable

MAGIC = b"WLS1"
QUESTIONS, STATUS, MODEL = b"q", b"s", b"m"
_NONCE_BYTES, _PROOF_BYTES = 16, 32

Read = Callable[[int], bytes]
Write = Callable[[bytes], object]


class NotTheSame(Exception):
    """The other end does not know the key."""


def ask(read: Read, write: Write, key: bytes, purpose: bytes) -> None:
    """The client's side. `read(n)` gives n bytes or raises. Raises NotTheSame."""
    mine = os.urandom(_NONCE_BYTES)
    write(MAGIC + purpose + mine)
    answer = read(_NONCE_BYTES + _PROOF_BYTES)
    theirs, proof = answer[:_NONCE_BYTES], answer[_NONCE_BYTES:]
    if not hmac.compare_digest(proof, _proof(key, b"relay", purpose, mine, theirs)):
        raise NotTheSame
    write(_proof(key, b"lake", purpose, mine, theirs))


def answer(read: Read, write: Write, key: bytes, can_do: Callable[[bytes], bool]) -> bytes | None:
    """The relay's side: the purpose; None when the client does not know the key, or wants what cannot be done now."""
    asked = read(len(MAGIC) + 1 + _NONCE_BYTES)
    purpose, theirs = asked[len(MAGIC) : len(MAGIC) + 1], asked[len(MAGIC) + 1 :]
    if not asked.startswith(MAGIC) or purpose not in (QUESTIONS, STATUS, MODEL) or not can_do(purpose):
        return None
    mine = os.urandom(_NONCE_BYTES)
    write(mine + _proof(key, b"relay", purpose, theirs, mine))
    known = hmac.compare_digest(read(_PROOF_BYTES), _proof(key, b"lake", purpose, theirs, mine))
    return purpose if known else None


def _proof(key: bytes, role: bytes, purpose: bytes, client_nonce: bytes, relay_nonce: bytes) -> bytes:
    return hmac.digest(key, b"\n".join((role, purpose, client_nonce, relay_nonce)), hashlib.sha256)
