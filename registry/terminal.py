"""What the lake's commands share: their settings, how they print, and ending with a sentence instead of a traceback.

Exit codes: 0 done; 1 the lake's trouble (no engine, no disk, something is broken); 2 the caller's (wrong usage, no
such thing); 3 what was asked for was done as far as possible, which is not all.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from registry.domain.amounts import size, span
from registry.domain.errors.families import WelesError
from registry.settings import Settings

LAKE, CALLER, NOT_ALL = 1, 2, 3

HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of the lake (WELES_HOME).")
JSON = click.option("--json", "as_json", is_flag=True, help="For programs: JSON instead of a table.")


def settings_of(**given: object) -> Settings:
    """The settings, or the end of the command with what is wrong with them."""
    try:
        return Settings.from_environ(os.environ, **given)
    except ValueError as error:
        fail(str(error), CALLER)


def lake_settings(home: Path | None) -> Settings:
    """The settings of a lake that is there; else the end of the command."""
    settings = settings_of(home=home)
    # Else SQLite would make an empty one.
    if not settings.database_url and not settings.sqlite_file.exists():
        fail(f"There is no lake in {settings.home}. Name its folder with --home or WELES_HOME.", CALLER)
    return settings


def fail(message: str, code: int = LAKE) -> NoReturn:
    """End the command."""
    click.echo(message, err=True)
    sys.exit(code)


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong in the block ends the command, with what to do next."""
    from builders.errors import BuilderError, NoSuchRuntime

    try:
        yield
    except WelesError as error:
        reasons = "".join(f"\n  {each['field']}: {each['reason']}" for each in error.fields.get("problems", ()))
        fail(f"{error.detail}{reasons}\n{error.next}".rstrip(), CALLER if error.family == "caller" else LAKE)
    except BuilderError as error:
        fail(str(error), CALLER if isinstance(error, NoSuchRuntime) else LAKE)


def show(as_json: bool, document: Any, headings: Sequence[str], rows: Sequence[Sequence[str]], none: str = "") -> None:
    """The document for programs, or the rows for people; `none` is said when there are none."""
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif rows:
        click.echo(table(headings, rows))
    elif none:
        click.echo(none, err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, each as wide as its widest cell; figures with a unit to the right."""
    widths = [max(len(row[at]) for row in (headings, *rows)) for at in range(len(headings))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (headings, *rows))
    return "\n".join(line.rstrip() for line in lines)


class _Amount(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Text that a function reads, or refuses with a ValueError."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


SIZE, SPAN = _Amount("size", size), _Amount("span", span)
