"""What is really installed in an image of R, and that it loads: looked at in a throw-away container without network."""

import re

from builders.diagnosis import Diagnosis, log_tail
from builders.errors import BuildFailed
from builders.r.diagnosis import diagnose_r
from builders.r.in_container import program
from builders.r.names import is_r_name, is_r_version
from builders.throwaway import INPUT
from builders.workshop import Workshop

_TIMEOUT_SECONDS = 300.0
_PACKAGES = 5000
_MARK = "weles-installed:"
_BROKEN = re.compile(r"cannot load `(?P<package>[A-Za-z][A-Za-z0-9.]{0,127})`: (?P<reason>.{1,400})")
_OBJECT = re.compile(r"(?P<object>lib[\w.+-]{1,100}\.so[.0-9]*): cannot open shared object file")


def installed_r_packages(workshop: Workshop, image: str) -> dict[str, str]:
    """{name: version} of the image's library. Raises BuildFailed when one cannot be loaded, BuilderUnavailable."""
    command = ("Rscript", "--vanilla", f"{INPUT}/installed.R")
    with workshop.r_container(image, command, "inspect", network=False) as container:
        container.put({"installed.R": program("installed.R")})
        limited = workshop.watch.within(_TIMEOUT_SECONDS)
        finished = container.run(limited)
    if finished.timed_out:
        log = f"{finished.stderr}loading the packages took longer than {limited.limit:.0f} seconds and was ended\n"
        raise BuildFailed(diagnose_r("build", log), log_tail(log))
    if finished.exit_code != 0:
        raise BuildFailed(broken(finished.stderr), log_tail(finished.stderr))
    return parse_installed_r(finished.stdout)


def parse_installed_r(output: bytes) -> dict[str, str]:
    """The container's answer (pure). Foreign code could have written it: what is no name and version is passed over."""
    found: dict[str, str] = {}
    for line in output.decode("utf-8", "replace").split("\n"):
        mark, _, fields = line.partition("\t")
        name, _, version = fields.partition("\t")
        if mark == _MARK and is_r_name(name) and is_r_version(version) and len(found) < _PACKAGES:
            found[name] = version
    return dict(sorted(found.items()))


def broken(log: str) -> Diagnosis:
    """Why the library cannot be used, with the system library that is missing where that is said (pure)."""
    found = _BROKEN.search(log)
    if found is None:
        summary = "The environment was built and its R does not start properly."
        suggestion = "One of the packages breaks R when it is loaded; the log's end usually names it."
        return Diagnosis("build", None, "broken", summary, log_tail(log, 1), suggestion)
    package, missing = found["package"], _OBJECT.search(found["reason"])
    summary = f"{package} was built and cannot be loaded: {found['reason']}"
    suggestion = f"Choose another version of {package}, or leave it out if the model does not need it."
    if missing is not None:
        library = f"The system library {missing['object']} is missing in the image: {package} does not declare it."
        suggestion = f"{library} {suggestion}"
    return Diagnosis("build", package, "broken", summary, found[0], suggestion)
