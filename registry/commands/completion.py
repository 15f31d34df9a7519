"""`completion`: what a shell needs to complete a command's words, written by click."""

import click
from click.shell_completion import get_completion_class


def completion_of(group: click.Group, program: str) -> click.Command:
    """The command `completion SHELL` of a program."""
    variable = f"_{program.replace('-', '_').upper()}_COMPLETE"

    @click.command(
        help=f'Print what completes this command\'s words; for bash: eval "$({program} completion bash)", '
        f"for fish: {program} completion fish | source"
    )
    @click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
    def completion(shell: str) -> None:
        kind = get_completion_class(shell)
        assert kind is not None  # noqa: S101 (the choices are click's own)
        click.echo(kind(group, {}, program, variable).source())

    return completion
