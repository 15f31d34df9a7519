"""The command `weles search`."""

from __future__ import annotations

import argparse
from argparse import Namespace

from weles.output import show
from weles.progress import say
from weles.search import search

__all__ = ["add"]

_RANGES = {
    "row": ("rows of the training data", ">1000;<10000;"),
    "column": ("its columns", "=12;"),
    "missing": ("its missing values", "=0;"),
    "classes": ("classes of a classification", "=2;"),
    "language-version": ("versions of the language", ">3.3.3;<3.6;"),
}
_EXACTLY = ("owner", "language", "flavour", "state", "regex", "sort")


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command search."""
    found = nouns.add_parser("search", help="find models", description="Find models; everything given must hold.")
    found.add_argument("words", nargs="*", help="of names, tags, descriptions, cards, columns")
    for name, (what, example) in _RANGES.items():
        found.add_argument(f"--{name}", metavar="RANGE", help=f"{what}, as '{example}'")
    for name in _EXACTLY:
        found.add_argument(f"--{name}")
    found.add_argument("--tags", default="", help="separated by commas; all of them")
    found.add_argument("--page", type=int, default=1, metavar="N")
    found.add_argument("--per-page", type=int, default=100, metavar="N")
    found.add_argument("--names", action="store_true", help="names alone, one a line")
    found.set_defaults(run=_search)


def _search(options: Namespace) -> None:
    chosen = (*(name.replace("-", "_") for name in _RANGES), *_EXACTLY, "page", "per_page")
    found = search(
        " ".join(options.words),
        tags=[tag.strip() for tag in options.tags.split(",") if tag.strip()],
        **{name: getattr(options, name) for name in chosen},
    )
    if options.names:
        for name in found.names:
            print(name)
    else:
        show(list(found))
    say(f"{len(found)} of {'more than ' if found.more else ''}{found.total:,} models, page {found.page}")
