"""The commands about datasets: their options, and what they do."""

from __future__ import annotations

import argparse
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from weles import dataset
from weles.connection import current, segment
from weles.output import pour, show
from weles.progress import say

__all__ = ["add"]

_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `weles dataset …`."""
    verbs = nouns.add_parser("dataset", help="datasets of the lake").add_subparsers(required=True, metavar="VERB")
    upload = verbs.add_parser("upload", help="store a .csv, .parquet, .arrow or .json file of any size")
    upload.add_argument("data")
    upload.add_argument("--name", required=True)
    upload.add_argument("--description", default="")
    upload.set_defaults(run=_upload)
    get = verbs.add_parser("get", help="the whole dataset")
    get.add_argument("hash")
    get.add_argument("--to", metavar="FILE", help="a .csv, .parquet, .arrow or .json file; default: standard output")
    get.add_argument("--output", choices=tuple(_TYPES), default="csv", help="what standard output gets")
    get.set_defaults(run=_get)
    head = verbs.add_parser("head", help="its first rows")
    head.add_argument("hash")
    head.add_argument("-n", type=int, default=5, help="how many rows")
    head.add_argument("--output", choices=("csv", "json"), default="csv")
    head.set_defaults(run=_head)
    info = verbs.add_parser("info", help="what the lake knows of it: columns, statistics, names")
    info.add_argument("hash")
    info.set_defaults(run=_info)
    cite = verbs.add_parser("cite", help="a line that a paper can print")
    cite.add_argument("hash")
    cite.set_defaults(run=_cite)
    audits = verbs.add_parser("audits", help="how good models are on it, as far as that is kept")
    audits.add_argument("hash")
    audits.add_argument("--measure", help="only this one")
    audits.set_defaults(run=_audits)
    _add_aliases(verbs)


def _add_aliases(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    alias = verbs.add_parser("alias", help="its names").add_subparsers(required=True, metavar="VERB")
    for name, run, does in (
        ("add", _add_alias, "give it a name of yours"),
        ("edit", _edit_alias, "rename or describe one"),
        ("remove", _remove_alias, "take one away; without any, the dataset goes in time"),
    ):
        verb = alias.add_parser(name, help=does)
        verb.add_argument("hash")
        verb.add_argument("name")
        if name == "edit":
            verb.add_argument("--name", dest="new_name", metavar="NEW")
        if name != "remove":
            verb.add_argument("--description", default="" if name == "add" else None)
        if name != "add":
            verb.add_argument("--owner", help="whose it is, for administrators")
        verb.set_defaults(run=run)


def _upload(options: Namespace) -> None:
    show(asdict(dataset.upload(Path(options.data), options.name, options.description)))


def _get(options: Namespace) -> None:
    if options.to:
        say(f"{dataset.download(options.hash, options.to)} is written.")
        return
    pour(current().request("GET", f"/datasets/{segment(options.hash)}", accept=_TYPES[options.output], stream=True))


def _head(options: Namespace) -> None:
    path, accept = f"/datasets/{segment(options.hash)}/head", _TYPES[options.output]
    pour(current().request("GET", path, params={"rows": options.n}, accept=accept, stream=True))


def _info(options: Namespace) -> None:
    show(dataset.info(options.hash))


def _cite(options: Namespace) -> None:
    print(dataset.citation(options.hash))


def _audits(options: Namespace) -> None:
    show(dataset.audits(options.hash, measure=options.measure))


def _add_alias(options: Namespace) -> None:
    show(dataset.add_alias(options.hash, options.name, options.description))


def _edit_alias(options: Namespace) -> None:
    changed = dataset.edit_alias(
        options.hash, options.name, new_name=options.new_name, description=options.description, owner=options.owner
    )
    show(changed)


def _remove_alias(options: Namespace) -> None:
    dataset.remove_alias(options.hash, options.name, owner=options.owner)
