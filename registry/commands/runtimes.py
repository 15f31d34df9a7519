"""`weles-admin runtimes`: the interpreters that environments are built on."""

from dataclasses import asdict

import click

from builders.runtimes import install_base, list_bases, remove_base
from registry.commands.machine import docker_of
from registry.terminal import JSON, settings_of, show, told

_LANGUAGE = click.argument("language", type=click.Choice(["python", "r"]))


class EchoReport:
    """Shows a build's report to the person who waits for it."""

    def phase(self, name: str, fraction: float, detail: str) -> None:
        click.echo(f"{name}: {detail}", err=True)

    def log(self, line: str) -> None:
        click.echo(line, err=True)


@click.group()
def runtimes() -> None:
    """The interpreters that environments are built on."""


@runtimes.command("install")
@_LANGUAGE
@click.argument("version")
def install_runtime(language: str, version: str) -> None:
    """Make the base image of LANGUAGE VERSION: pulled where that works, else made from a Debian mirror."""
    with told():
        base = install_base(docker_of(settings_of()), language, version, EchoReport())
    click.echo(f"{base.language} {base.version}: {base.image}")


@runtimes.command("list")
@JSON
def list_runtimes(as_json: bool) -> None:
    """Show the base images that are there."""
    with told():
        bases = list_bases(docker_of(settings_of()))
    rows = [(each.language, each.version, each.image, each.image_id[7:19]) for each in bases]
    document = [asdict(each) for each in bases]
    none = "There is none. Make one: weles-admin runtimes install python 3.11"
    show(as_json, document, ("LANGUAGE", "VERSION", "IMAGE", "ID"), rows, none)


@runtimes.command("remove")
@_LANGUAGE
@click.argument("version")
def remove_runtime(language: str, version: str) -> None:
    """Remove a base image; environments that were built on it stay, but cannot be built again until it is back."""
    with told():
        remove_base(docker_of(settings_of()), language, version)
