"""What the command prints: documents as JSON, and tables as the lake writes them."""

from __future__ import annotations

import json
import sys
from typing import Any

import requests

from weles.errors import LakeUnreachable

__all__ = ["pour", "show"]

_BLOCK = 1 << 20


def show(document: Any) -> None:
    """Print `document` to standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def pour(answer: requests.Response) -> None:
    """Write an answer to standard output as it comes. Raises LakeUnreachable when it breaks off."""
    try:
        for block in answer.iter_content(_BLOCK):
            sys.stdout.buffer.write(block)
    except requests.RequestException as reason:
        raise LakeUnreachable(f"The answer broke off: {reason}", next="Ask again.") from reason
