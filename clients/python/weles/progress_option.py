"""The options of commands that may wait: what they show meanwhile."""

from __future__ import annotations

import argparse

from weles.connection import connect
from weles.progress import SHOWN

__all__ = ["add_progress", "use_progress"]


def add_progress(command: argparse.ArgumentParser) -> None:
    """Add the options to a command's."""
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--progress",
        choices=SHOWN,
        help="of the job that is waited for: its log as it grows (the default on a terminal), its phases (elsewhere), "
        "or nothing",
    )
    shown.add_argument("-q", "--quiet", dest="progress", action="store_const", const="none", help="--progress none")


def use_progress(options: argparse.Namespace) -> None:
    """Connect as the options say; a command without them, or that was given none, connects when it asks."""
    if chosen := getattr(options, "progress", None):
        connect(progress=chosen)
