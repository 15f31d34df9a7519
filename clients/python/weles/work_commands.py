"""The commands about audits, explanations and jobs: their options, and what each does."""

from __future__ import annotations

import argparse
import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from weles import explanation, frames, model, sources, work
from weles.errors import InvalidInput
from weles.output import show
from weles.progress import say
from weles.progress_option import add_progress

__all__ = ["add"]


def add(nouns: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the parser's."""
    audit = nouns.add_parser("audit", help="measure a model on data that hold the truth")
    audit.add_argument("name")
    audit.add_argument("data", help="a .csv or .parquet file, or a dataset's hash")
    audit.add_argument("--measure", action="append", help="may be given several times; default: all that fit")
    audit.add_argument("--target", help="the column of the truth; default: the model's own")
    audit.add_argument("--data-name", default="")
    audit.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    add_progress(audit)
    audit.set_defaults(run=_audit)

    audits = nouns.add_parser("audits", help="what is kept of a model's audits")
    audits.add_argument("name")
    audits.add_argument("--data", metavar="HASH", help="on this dataset only")
    audits.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    audits.set_defaults(run=_audits)

    nouns.add_parser("measures", help="what can be measured").set_defaults(run=_measures)

    compare = nouns.add_parser("compare", help="models side by side on one dataset")
    compare.add_argument(
        "names", nargs="+", metavar="NAME", help="a model, or NAME:VERSION (a number, an alias, or a hash)"
    )
    compare.add_argument("--data", required=True, help="a .csv or .parquet file, or a dataset's hash")
    compare.add_argument("--measure", action="append")
    compare.add_argument("--target")
    add_progress(compare)
    compare.set_defaults(run=_compare)

    explain = nouns.add_parser("explain", help="why a model predicts what it does")
    explain.add_argument("name")
    explain.add_argument("kind", choices=explanation.KINDS)
    explain.add_argument("--rows", metavar="FILE", help="a .json file of the rows to explain")
    explain.add_argument("--row-number", type=int, action="append", metavar="N", help="a row of the data, from 0")
    explain.add_argument("--column", action="append", help="only this one; may be given several times")
    explain.add_argument("--class", dest="class_name", help="whose probability")
    explain.add_argument("--data", help="a dataset's hash; default: the training data")
    explain.add_argument("--target", help="the column of the truth, for importance; default: the model's own")
    explain.add_argument("--loss", help="of importance: 1-auc, rmse …")
    explain.add_argument("--background", type=int, metavar="N", help="how many rows of the data are used")
    explain.add_argument("--repetitions", type=int, metavar="N", help="of permutations")
    explain.add_argument("--grid-points", type=int, metavar="N", help="of a profile")
    explain.add_argument("--seed", type=int, default=0)
    explain.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    explain.add_argument("--plot", metavar="FILE", help="where to write the plot: .png, .svg, .html or .json")
    add_progress(explain)
    explain.set_defaults(run=_explain)

    explanations = nouns.add_parser("explanations", help="your explanations of a model")
    explanations.add_argument("name")
    explanations.add_argument("--model-version", metavar="VERSION", help="a number, an alias, or a hash")
    explanations.set_defaults(run=_explanations)

    one = nouns.add_parser("explanation", help="one explanation, as data, and as a plot")
    one.add_argument("id")
    one.add_argument("--plot", metavar="FILE", help="where to write the plot: .png, .svg, .html or .json")
    one.set_defaults(run=_explanation)

    jobs = nouns.add_parser("jobs", help="what the lake does, and did, for you")
    jobs.add_argument("--state", choices=("queued", "running", "succeeded", "failed", "cancelled"))
    jobs.add_argument("--limit", type=int, default=50, metavar="N", help="the newest N; default: 50")
    jobs.set_defaults(run=_jobs)

    job = nouns.add_parser("job", help="one job: where it is, and what came of it")
    job.add_argument("id")
    does = job.add_mutually_exclusive_group()
    does.add_argument("--wait", action="store_true", help="until it is over")
    does.add_argument("--cancel", action="store_true")
    does.add_argument("--log", action="store_true", help="print its log")
    does.add_argument("--retry", action="store_true", help="try again what is over, by a new job")
    add_progress(job)
    job.set_defaults(run=_job)


def _audit(options: Namespace) -> None:
    show(
        model.audit(
            options.name,
            options.measure,
            options.data,
            options.target,
            options.data_name,
            version=options.model_version,
        )
    )


def _audits(options: Namespace) -> None:
    show(model.audits(options.name, version=options.model_version, data=options.data))


def _measures(_: Namespace) -> None:
    show(model.measures())


def _compare(options: Namespace) -> None:
    found = model.compare([_which(name) for name in options.names], options.data, options.measure, options.target)
    rows = found.to_dict("records") if frames.is_frame(found) else found
    # A measure that one of the models has not is missing there; JSON has no NaN.
    show([{key: None if value != value else value for key, value in row.items()} for row in rows])


def _explain(options: Namespace) -> None:
    made = model.explain(
        options.name,
        options.kind,
        None if options.rows is None else _rows(options.rows),
        row_numbers=options.row_number,
        columns=options.column,
        class_name=options.class_name,
        data=options.data,
        target=options.target,
        loss=options.loss,
        background=options.background,
        repetitions=options.repetitions,
        grid_points=options.grid_points,
        seed=options.seed,
        version=options.model_version,
    )
    _show_explanation(made, options.plot)


def _explanations(options: Namespace) -> None:
    show(model.explanations(options.name, version=options.model_version))


def _explanation(options: Namespace) -> None:
    _show_explanation(explanation.get(options.id), options.plot)


def _show_explanation(made: explanation.Explanation, plot: str | None) -> None:
    if plot:
        say(f"The plot is in {made.save(plot)}.")
    show(asdict(made))


def _jobs(options: Namespace) -> None:
    show([asdict(job) for job in work.mine(state=options.state, limit=options.limit)])


def _job(options: Namespace) -> None:
    job = work.get(options.id)
    if options.log:
        print(job.log(), end="")
        return
    done = job.cancel if options.cancel else job.retry if options.retry else job.wait if options.wait else lambda: job
    show(asdict(done()))


def _rows(path: str) -> Any:
    file = sources.file_of(Path(path))
    if file is None or file.suffix.lower() != ".json":
        raise InvalidInput(f"{path} is no .json file.", next="Give the rows as JSON: [{column: value}].")
    return json.loads(file.read_text(encoding="utf-8"))


def _which(name: str) -> str | tuple[str, str]:
    model_name, colon, version = name.partition(":")
    return (model_name, version) if colon else name
