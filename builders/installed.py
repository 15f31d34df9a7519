"""What is really installed in an image, read in a throw-away container without network."""

import json

import docker
from packaging.utils import canonicalize_name

from builders.diagnosis import Diagnosis, diagnose, log_tail
from builders.dockerfile import ENVIRONMENT
from builders.errors import BuildFailed
from builders.throwaway import throw_away
from builders.watch import Watch

_TIMEOUT_SECONDS = 60.0
_TEXT_LENGTH = 256
_PACKAGES = 10_000
_MARK = "weles-installed:"
# Packages may print when the interpreter starts (.pth files): the answer is the line with the mark.
_PROGRAM = f"""
import json, sys
try:
    from importlib.metadata import distributions
    found = {{d.metadata["Name"]: d.version for d in distributions()}}
except ImportError:
    import pkg_resources
    found = {{d.project_name: d.version for d in pkg_resources.working_set}}
sys.stdout.write("\\n{_MARK}" + json.dumps(found) + "\\n")
"""


def installed_packages(client: docker.DockerClient, image: str, lake: str, watch: Watch) -> dict[str, str]:
    """{normalised name: version} of the image's environment. Raises BuildFailed, Unwanted, BuilderUnavailable."""
    with throw_away(
        client,
        image=image,
        command=(f"{ENVIRONMENT}/bin/python", "-I", "-c", _PROGRAM),
        lake=lake,
        role="inspect",
        network=False,
    ) as container:
        limited = watch.within(_TIMEOUT_SECONDS)
        finished = container.run(limited)
    if finished.timed_out:
        log = f"{finished.stderr}starting its Python took longer than {limited.limit:.0f} seconds and was ended\n"
        raise BuildFailed(diagnose("build", log), log_tail(log))
    found = parse_installed(finished.stdout) if finished.exit_code == 0 else None
    if found is None:
        summary = "The environment was built and its Python does not start properly."
        suggestion = "One of the packages breaks the interpreter when it starts; the log's end usually names it."
        line = log_tail(finished.stderr, 1)
        raise BuildFailed(Diagnosis("build", None, "broken", summary, line, suggestion), log_tail(finished.stderr))
    return found


def parse_installed(output: bytes) -> dict[str, str] | None:
    """The container's answer, which foreign code could have written: checked, None when it is not one (pure)."""
    lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.startswith(_MARK)]
    try:
        data = json.loads(lines[-1].removeprefix(_MARK))
    except (IndexError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or len(data) > _PACKAGES:
        return None
    if not all(isinstance(text, str) and 0 < len(text) <= _TEXT_LENGTH for pair in data.items() for text in pair):
        return None
    return dict(sorted((canonicalize_name(name), version) for name, version in data.items()))
