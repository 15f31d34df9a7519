"""What the lake's commands share: their settings, and ending with a sentence instead of a traceback."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from registry.settings import Settings

# Exit codes: 1 the lake's trouble, 2 the caller's (click's own for usage).
LAKE, CALLER = 1, 2

HOME = click.option("--home", type=click.Path(path_type=Path), help="Folder of the lake (WELES_HOME).")


def settings_of(**given: object) -> Settings:
    """The settings, or the end of the command with what is wrong with them."""
    try:
        return Settings.from_environ(os.environ, **given)
    except ValueError as error:
        fail(str(error), CALLER)


def fail(message: str, code: int = LAKE) -> NoReturn:
    """End the command."""
    click.echo(message, err=True)
    sys.exit(code)
