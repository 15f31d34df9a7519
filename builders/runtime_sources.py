"""Where the interpreters of a language come from (pure): an image to pull, else a Debian suite that has it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuntimeSource:
    """`tag` is a template of the version; `suites` maps a minor version to its Debian suite.

    `version_command` prints the interpreter's full version. `dev_tag` is the tag of the image with compilers;
    `dev_at_once` when every base needs it, else it is made when something has to be compiled.
    """

    repository: str
    tag: str
    suites: Mapping[str, str]
    version_command: tuple[str, ...]
    dev_tag: str
    dev_at_once: bool

    def can_be_had(self) -> tuple[str, ...]:
        return tuple(f"{minor} (from Debian {suite})" for minor, suite in self.suites.items())


SOURCES: Mapping[str, RuntimeSource] = {
    "python": RuntimeSource(
        repository="python",
        tag="{version}-slim",
        suites={"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie", "3.14": "sid"},
        version_command=("python3", "-I", "-c", "import platform; print(platform.python_version())"),
        dev_tag="{version}",
        dev_at_once=False,
    ),
    "r": RuntimeSource(
        repository="rocker/r-ver",
        tag="{version}",
        suites={"4.0": "bullseye", "4.2": "bookworm", "4.5": "trixie"},
        version_command=("Rscript", "--vanilla", "-e", "cat(as.character(getRversion()))"),
        dev_tag="{version}",
        dev_at_once=True,
    ),
}
