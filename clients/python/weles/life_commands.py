"""The commands of a model's life, and what each does with its parsed options."""

from __future__ import annotations

import argparse
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from weles import model
from weles.errors import InvalidInput
from weles.progress import say

__all__ = ["add"]

_VERSION = "a number, an alias, `latest`, or a version's hash"


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands download, versions, alias, card, edit, warm, cite, delete, deleted and restore."""
    fetched = _command(nouns, "download", _download, "keep a model's file, checked against its hash", version=True)
    fetched.add_argument("output", nargs="?", metavar="FILE", help="default: NAME-VERSION in this folder")
    _command(nouns, "versions", _versions, "list a model's versions")
    alias = _command(nouns, "alias", _alias, "list a model's aliases, make or move one, or take one away")
    alias.add_argument("alias", nargs="?")
    alias.add_argument("target", nargs="?", metavar="VERSION", help=_VERSION)
    alias.add_argument("--expected", type=int, metavar="N", help="only if it is at version N now; 0: nowhere")
    alias.add_argument("--remove", action="store_true", help="take it away")
    card = _command(nouns, "card", _card, "print a model's card, or write it")
    card.add_argument("file", nargs="?", metavar="FILE", help="Markdown to write as the card; - is standard input")
    edit = _command(nouns, "edit", _edit, "change a model's description or tags")
    edit.add_argument("--description")
    edit.add_argument("--tags", help="separated by commas")
    warm = _command(nouns, "warm", _warm, "keep a container of a model up, so that nobody waits for it")
    warm.add_argument("--hours", metavar="HH:MM-HH:MM", help="of the day in UTC; default: always")
    warm.add_argument("--off", action="store_true", help="let it go")
    warm.add_argument("--show", action="store_true", help="print whether it is kept, and change nothing")
    _command(nouns, "cite", _cite, "print how to cite a version", version=True)
    _command(nouns, "delete", _delete, "delete a version, or the whole model", version=True)
    gone = nouns.add_parser("deleted", help="list what is deleted and can be restored, and until when")
    gone.set_defaults(run=lambda options: _print(model.deleted()))
    restore = _command(nouns, "restore", _restore, "bring back what was deleted")
    restore.add_argument("--model-version", type=int, metavar="N")


def _command(
    nouns: argparse._SubParsersAction[argparse.ArgumentParser], verb: str, run: Any, does: str, *, version: bool = False
) -> argparse.ArgumentParser:
    made = nouns.add_parser(verb, help=does)
    made.add_argument("name")
    if version:
        made.add_argument("--model-version", metavar="VERSION", help=_VERSION)
    made.set_defaults(run=run)
    return made


def _download(options: Namespace) -> None:
    print(model.download(options.name, options.output, version=options.model_version))


def _versions(options: Namespace) -> None:
    _print(model.versions(options.name))


def _alias(options: Namespace) -> None:
    if options.alias is None:
        _print(model.aliases(options.name))
    elif options.remove:
        model.remove_alias(options.name, options.alias, expected=options.expected)
    elif options.target is None:
        _print(model.alias_history(options.name, options.alias))
    else:
        print(model.set_alias(options.name, options.alias, options.target, expected=options.expected))


def _card(options: Namespace) -> None:
    if options.file is None:
        sys.stdout.write(model.card(options.name))
        return
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8")
    except (OSError, ValueError) as reason:
        raise InvalidInput(f"{options.file} cannot be read: {reason}", next="Give a text file in UTF-8.") from None
    model.set_card(options.name, text)


def _edit(options: Namespace) -> None:
    tags = None if options.tags is None else [tag.strip() for tag in options.tags.split(",") if tag.strip()]
    _print(model.edit(options.name, description=options.description, tags=tags))


def _warm(options: Namespace) -> None:
    kept = model.warmth(options.name) if options.show else None
    _print(kept or model.keep_warm(options.name, 0 if options.off else 1, hours=options.hours))


def _cite(options: Namespace) -> None:
    print(model.cite(options.name, options.model_version))


def _delete(options: Namespace) -> None:
    gone = model.delete(options.name, options.model_version)
    version = "" if options.model_version is None else f" --model-version {gone['version']}"
    say(f"It can be restored until {gone['restorable_until']}: weles restore {options.name}{version}")
    _print(gone)


def _restore(options: Namespace) -> None:
    model.restore(options.name, options.model_version)


def _print(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))
