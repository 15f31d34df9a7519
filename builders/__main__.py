"""`python -m builders requirements.txt --python 3.11`: print the Dockerfile that an environment would get.

`python -m builders check requirements.txt --python 3.11`: say what would become of it.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException

from builders.bases import choose_base
from builders.check_command import check
from builders.docker_builder import DockerBuilder
from builders.engine import unavailable
from builders.errors import BuilderError, BuildFailed, InvalidSpec, NoSuchRuntime
from builders.identity import environment_id
from builders.languages import LANGUAGES
from builders.packages import PackageStore
from builders.parse import parse_environment
from builders.recipes import RUNTIME_IMAGES
from builders.report import SilentReport
from builders.site import SiteSettings

EXIT_BAD_SPEC = 2
EXIT_UNAVAILABLE = 3


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 2 when the requirements cannot be used, 3 when the lake cannot build at present."""
    arguments = sys.argv[1:] if arguments is None else arguments
    checking = arguments[:1] == ["check"]
    parser = argparse.ArgumentParser(prog="python -m builders", description=main_help())
    parser.add_argument("requirements", type=Path, help="a freeze, lock file, conda export, renv.lock, sessionInfo()")
    language = parser.add_mutually_exclusive_group(required=True)
    language.add_argument("--python", metavar="VERSION", help="such as 3.11 or 3.11.2")
    language.add_argument("--r", metavar="VERSION", help="such as 4.2 or 4.2.2")
    parser.add_argument("--json", action="store_true", help="with check: the verdict as JSON")
    parser.add_argument("--id", action="store_true", help="print the EnvironmentId instead of the Dockerfile")
    parser.add_argument("--runtimes", type=Path, default=RUNTIME_IMAGES, help="folder of the runtimes (runtime-images)")
    given = parser.parse_args(arguments[1:] if checking else arguments)
    try:
        name, version = ("r", given.r) if given.r else ("python", given.python)
        if checking:
            with _builder(given.runtimes) as builder:
                told, ok = check(builder, given.requirements, name, version, as_json=given.json)
            print(told, end="")
            return 0 if ok else EXIT_BAD_SPEC
        print(describe(given.requirements, name, version, given.runtimes, only_id=given.id), end="")
    except InvalidSpec as error:
        for problem in error.problems:
            place = f"{given.requirements}:{problem.line}: {problem.text}: " if problem.line else ""
            print(f"{place}{problem.reason}", file=sys.stderr)
        return EXIT_BAD_SPEC
    except (OSError, UnicodeDecodeError, NoSuchRuntime, BuildFailed) as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_SPEC
    except BuilderError as error:
        print(error, file=sys.stderr)
        return EXIT_UNAVAILABLE
    return 0


def main_help() -> str:
    return (__doc__ or "").partition(": ")[2].partition("\n\n")[0]


def describe(requirements: Path, language: str, version: str, runtimes: Path, *, only_id: bool) -> str:
    """The Dockerfile, or the id; repairs and the note on the base go to standard error as comments."""
    text = requirements.read_text("utf-8-sig")
    parsed = parse_environment(language, text, version=version, filename=requirements.name)
    with _builder(runtimes) as builder:
        choice = choose_base(language, version, builder.bases())
        resolution = builder.resolve(parsed.spec, choice.base, SilentReport())
    for repair in (*parsed.repairs, *resolution.repairs):
        place = f"line {repair.line}: {repair.text}: " if repair.line else ""
        print(f"# {place}{repair.action}: {repair.reason}", file=sys.stderr)
    if choice.note is not None:
        print(f"# {choice.note}", file=sys.stderr)
    recipe = builder.recipe(language)
    if only_id:
        return environment_id(resolution.lock, choice.base, recipe) + "\n"
    return LANGUAGES[language].render(resolution.lock, choice.base, recipe)


@contextmanager
def _builder(runtimes: Path) -> Iterator[DockerBuilder]:
    """A builder of no lake, whose package store is forgotten."""
    with tempfile.TemporaryDirectory(prefix="weles-builders-") as folder:
        yield DockerBuilder(
            _client(),
            store=PackageStore(Path(folder)),
            site=SiteSettings.from_host(),
            lake=f"builders-{os.getpid()}",
            runtimes_folder=runtimes,
            timeout_seconds=600,
        )


def _client() -> docker.DockerClient:
    try:
        return docker.from_env()
    except DockerException as error:
        raise unavailable(error) from error


if __name__ == "__main__":
    sys.exit(main())
