"""The command `weles completion`."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable

from weles.errors import InvalidRequest

__all__ = ["add"]


def add(
    nouns: argparse._SubParsersAction[argparse.ArgumentParser], whole: Callable[[], argparse.ArgumentParser]
) -> None:
    """The command completion; `whole` makes the parser of all commands."""

    def run(chosen: Namespace) -> None:
        try:
            import shtab
        except ImportError:
            raise InvalidRequest(
                "Completion is written by the package shtab, which is not installed.",
                next="pip install 'weles[completion]'",
            ) from None
        print(shtab.complete(whole(), chosen.shell))

    found = nouns.add_parser(
        "completion",
        help="print what completes this command's words in a shell",
        description='For bash: eval "$(weles completion bash)"; for fish: weles completion fish | source.',
    )
    found.add_argument("shell", choices=("bash", "zsh", "fish"))
    found.set_defaults(run=run)
