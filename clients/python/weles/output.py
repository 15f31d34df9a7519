"""What the command prints: documents as JSON."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["show"]


def show(document: Any) -> None:
    """Print `document` to standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
