"""The commands about environments, and what each does with its parsed options."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace

from weles import environment, model
from weles.commands import environment_of
from weles.errors import EnvironmentFailed
from weles.output import show

__all__ = ["add"]

_WHICH = "an environment's id, or a model's name"


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command `env` with its verbs."""
    verbs = nouns.add_parser("env", help="environments: check, look into, compare").add_subparsers(
        required=True, metavar="VERB"
    )
    check = verbs.add_parser("check", help="what would become of an environment; nothing is uploaded or built")
    check.add_argument(
        "file", nargs="?", metavar="FILE", help='a freeze, lock file or conda export; default: "freeze", this session'
    )
    check.add_argument("--model", metavar="FILE", help="without FILE: what this .pkl or .joblib file needs")
    check.add_argument("--python", metavar="VERSION", help="default: that of this interpreter")
    check.add_argument("--json", action="store_true", help="all that the lake says")
    check.set_defaults(run=_check)
    for verb, run, does in (
        ("info", _info, "what the lake knows of it: state, base, lock, image"),
        ("packages", _packages, "its packages"),
        ("dockerfile", _dockerfile, "the Dockerfile that its image is built from"),
    ):
        made = verbs.add_parser(verb, help=does)
        made.add_argument("which", help=_WHICH)
        made.set_defaults(run=run)
    verbs.add_parser("runtimes", help="what the lake can build on").set_defaults(run=_runtimes)
    diff = verbs.add_parser("diff", help="what comes, goes and changes from one to another")
    diff.add_argument("a", help=_WHICH)
    diff.add_argument("b", help=_WHICH)
    diff.set_defaults(run=_diff)
    pins = verbs.add_parser("requirements", help="what a model runs with, as pins")
    pins.add_argument("name")
    pins.add_argument("--model-version", metavar="VERSION")
    pins.add_argument("--declared", action="store_true", help="the text as it was uploaded")
    pins.set_defaults(run=_requirements)


def _check(options: Namespace) -> None:
    verdict = environment.check(environment_of(options.file), mod=options.model, language_version=options.python)
    if options.json:
        show(verdict.document)
    else:
        print(verdict)
    if not verdict.ok:
        raise EnvironmentFailed("The environment cannot be built.", next=str(verdict.document.get("next") or ""))


def _info(options: Namespace) -> None:
    show(environment.info(options.which))


def _runtimes(_: Namespace) -> None:
    for each in environment.runtimes():
        print(f"{each['language']} {each['version']}")


def _packages(options: Namespace) -> None:
    for each in environment.packages(options.which):
        print(f"{each['name']}=={each['version']}")


def _dockerfile(options: Namespace) -> None:
    sys.stdout.write(environment.dockerfile(options.which))


def _diff(options: Namespace) -> None:
    show(environment.diff(options.a, options.b))


def _requirements(options: Namespace) -> None:
    sys.stdout.write(model.requirements(options.name, version=options.model_version, declared=options.declared))
