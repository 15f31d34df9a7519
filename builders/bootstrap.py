"""Base images from Debian's packages, for machines that can pull none: a script per language makes the files."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import docker
from docker.errors import APIError

from builders.engine import engine_errors
from builders.errors import BuilderUnavailable
from builders.report import BuildReport

BOOTSTRAP_SECONDS = 900.0


def bootstrap(
    client: docker.DockerClient, language: str, suite: str, report: BuildReport, scripts: Path, variant: str = ""
) -> str:
    """Name of an imported image with Debian's own interpreter; `variant` is empty or `dev`.

    Raises BuilderUnavailable.
    """
    if shutil.which("mmdebstrap") is None:
        raise BuilderUnavailable(
            f"{language} cannot be pulled in this version, and mmdebstrap, which makes it from Debian's packages, is "
            "missing: apt-get install mmdebstrap, and try again"
        )
    report.phase("fetch", 0.2, " ".join(["making", language, *filter(None, [variant]), "from Debian", suite]))
    with tempfile.TemporaryDirectory(prefix="weles-base-") as folder:
        archive = Path(folder) / "base.tar"
        _run_script((str(scripts / f"{language}.sh"), suite, str(archive), *filter(None, [variant])), report)
        report.phase("build", 0.8, "importing")
        name = f"weles-import/{language}:{suite}{variant}-{os.getpid()}"
        repository, _, tag = name.partition(":")
        with engine_errors():
            answer = client.api.import_image_from_file(
                str(archive), repository=repository, tag=tag, changes=['CMD ["/bin/sh"]']
            )
            if '"error"' in answer:
                raise APIError(f"import failed: {answer}")
    return name


def _run_script(command: tuple[str, ...], report: BuildReport) -> None:
    script, suite = Path(command[0]), command[1]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=BOOTSTRAP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuilderUnavailable(f"{script.name} took longer than {BOOTSTRAP_SECONDS:.0f} seconds") from error
    for line in done.stdout.splitlines():
        report.log(line)
    if done.returncode != 0:
        tail = " ".join(done.stdout.strip().splitlines()[-3:])
        raise BuilderUnavailable(
            f"Debian {suite} could not be installed ({tail}); it needs root or user namespaces, and a mirror "
            "that can be reached: set WELES_DEBIAN_MIRROR to the site's own"
        )
