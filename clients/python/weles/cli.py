"""The command `weles`. Results go to standard output, everything else to standard error.

Exit codes: 0 done, 1 the caller's fault, 2 wrong usage, 3 the model's fault, 4 the lake's fault.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from weles import (
    account_commands,
    commands,
    completion_command,
    dataset_commands,
    environment_commands,
    life_commands,
    search_command,
    work_commands,
)
from weles.errors import WelesError
from weles.progress import say
from weles.progress_option import add_progress, use_progress
from weles.version import __version__

__all__ = ["main", "parser"]

_EXIT = {"caller": 1, "model": 3, "lake": 4}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Wrong usage ends the process with 2, as argparse does."""
    chosen = parser().parse_args(arguments)
    try:
        use_progress(chosen)
        chosen.run(chosen)
        sys.stdout.flush()
    except WelesError as error:
        say(f"weles: {error}")
        return _EXIT.get(error.family, 4)
    except KeyboardInterrupt:
        say("weles: stopped; what the lake has begun goes on there.")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone: nothing is left to say, or to flush
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="weles",
        description="Upload models to a Weles lake, and call them.",
        epilog="The lake is the one of `weles login`, or of WELES_URL and WELES_TOKEN (or WELES_TOKEN_FILE).",
    )
    top.add_argument("--version", action="version", version=f"weles {__version__}")
    nouns = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _model_commands(nouns)
    life_commands.add(nouns)
    search_command.add(nouns)
    dataset_commands.add(nouns)
    environment_commands.add(nouns)
    work_commands.add(nouns)
    account_commands.add(nouns)
    completion_command.add(nouns, parser)
    return top


def _model_commands(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    upload = nouns.add_parser("upload", help="upload a model with its data and its environment")
    upload.add_argument("--model", required=True, metavar="FILE", help="a .pkl or .joblib file")
    upload.add_argument("--name", required=True)
    upload.add_argument("--description", default="")
    upload.add_argument("--target", required=True, help="the column that it predicts")
    upload.add_argument("--tags", default="", help="separated by commas")
    upload.add_argument("--data", required=True, help="a .csv or .parquet file, or a dataset's hash")
    upload.add_argument("--data-name", default="")
    upload.add_argument("--data-description", default="")
    upload.add_argument(
        "--requirements",
        "--environment",
        metavar="FILE",
        help='a freeze, requirements, a lock file, a conda export; "freeze" for all of this interpreter; default: what '
        "the model needs of it",
    )
    upload.add_argument("--wait", action="store_true", help="until it is ready")
    add_progress(upload)
    upload.set_defaults(run=commands.upload)

    status = nouns.add_parser("status", help="wait until a model is ready")
    status.add_argument("name")
    status.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    status.add_argument("--no-wait", action="store_true", help="say how it is now")
    add_progress(status)
    status.set_defaults(run=commands.status)

    predict = nouns.add_parser("predict", help="predict the rows of a CSV or JSON file, in the same form")
    predict.add_argument("name")
    predict.add_argument(
        "data", nargs="?", default="-", help="a .csv or .json file, or a dataset's hash; - is standard input"
    )
    predict.add_argument("--mode", choices=("exact", "prob"), default="exact")
    predict.add_argument("--later", action="store_true", help="by a job, whose result is a dataset of the lake")
    predict.add_argument("--result-name", default="", help="with --later: what that dataset is called")
    predict.add_argument(
        "--prepare-columns",
        action="store_true",
        help="choose, order and name the columns of a .csv as the model has them",
    )
    predict.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    predict.add_argument("--input", choices=("csv", "json"), help="default: by the file's name; csv for standard input")
    predict.add_argument("--output", choices=("csv", "json"), help="default: as the input")
    predict.set_defaults(run=commands.predict)

    info = nouns.add_parser("info", help="what the lake knows of a model")
    info.add_argument("name")
    info.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    info.set_defaults(run=commands.info)
