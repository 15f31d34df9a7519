"""Base images of this machine: listed, installed from a registry or from a Debian mirror, removed."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import docker
import requests
from docker.errors import APIError, ImageNotFound

from builders.bases import Base, choose_base, version_key
from builders.context import build_context
from builders.engine import engine_errors, unavailable
from builders.errors import BuilderUnavailable, NoSuchRuntime
from builders.image_build import build_image
from builders.recipes import RUNTIME_IMAGES
from builders.report import BuildReport
from builders.throwaway import throw_away

SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie", "3.14": "sid"}
SCRIPTS = RUNTIME_IMAGES / "bootstrap"
LABEL = "weles.base"
PULL_SILENCE_SECONDS = 15.0
BOOTSTRAP_SECONDS = 900.0
_LABEL_SECONDS = 120.0
# Throw-away containers always belong to a lake; those of base images to the machine.
_MACHINE = "machine"


def list_bases(client: docker.DockerClient) -> list[Base]:
    """The installed base images, oldest version first. Raises BuilderUnavailable."""
    with engine_errors():
        images = client.api.images(filters={"label": LABEL})
    found = []
    for image in images:
        language = (image.get("Labels") or {}).get(LABEL, "")
        for tag in image.get("RepoTags") or []:
            repository, _, version = tag.rpartition(":")
            if repository == _repository(language):
                found.append(Base(language, version, tag, image["Id"]))
    return sorted(found, key=lambda base: (base.language, version_key(base.version)))


def install_base(
    client: docker.DockerClient, language: str, version: str, report: BuildReport, scripts: Path | None = None
) -> Base:
    """Make a base for `3.11` or `3.11.2` be there: pulled, or made from Debian's packages.

    The patch may differ from what was asked for when only Debian's is to be had. Installing what is there changes
    nothing. Raises NoSuchRuntime with what can be had when neither way has the minor version, BuilderUnavailable.
    """
    if language != "python":
        raise NoSuchRuntime(language, version, tuple(f"python {each}" for each in SUITES))
    there = _installed(client, language, version)
    if there is not None:
        return there
    report.phase("fetch", 0.0, f"pulling {language} {version}")
    source = _pull(client, f"{language}", f"{version}-slim", report)
    if source is None:
        source = _bootstrap(client, language, version, report, scripts or SCRIPTS)
    try:
        return _adopt(client, language, source)
    finally:
        with engine_errors():
            _untag(client, source)


def remove_base(client: docker.DockerClient, language: str, version: str) -> None:
    """Remove the base with exactly this version. Raises NoSuchRuntime, BuilderUnavailable (it may be in use)."""
    bases = list_bases(client)
    found = [base for base in bases if (base.language, base.version) == (language, version)]
    if not found:
        raise NoSuchRuntime(language, version, tuple(base.version for base in bases if base.language == language))
    with engine_errors():
        client.api.remove_image(found[0].image)


def _installed(client: docker.DockerClient, language: str, version: str) -> Base | None:
    try:
        choice = choose_base(language, version, list_bases(client))
    except NoSuchRuntime:
        return None
    return choice.base if choice.note is None else None


def _pull(client: docker.DockerClient, repository: str, tag: str, report: BuildReport) -> str | None:
    """Name of the pulled image; None at the first error or when nothing is heard for a while."""
    api = client.api
    try:
        with api.post(
            f"{api.base_url}/v{api.api_version}/images/create",
            params={"fromImage": repository, "tag": tag},
            stream=True,
            timeout=PULL_SILENCE_SECONDS,
        ) as response:
            if response.status_code != requests.codes.ok:
                report.log(f"cannot pull {repository}:{tag}: {response.text.strip()}")
                return None
            for line in response.iter_lines():
                message = json.loads(line)
                if message.get("error"):
                    report.log(f"cannot pull {repository}:{tag}: {message['error']}")
                    return None
                report.log(" ".join(filter(None, (message.get("id"), message.get("status")))))
    except (requests.exceptions.Timeout, requests.exceptions.ConnectionError) as error:
        if "Timeout" not in type(error).__name__ and "timed out" not in str(error).lower():
            raise unavailable(error) from error
        report.log(f"cannot pull {repository}:{tag}: nothing was heard for {PULL_SILENCE_SECONDS:.0f} s")
        return None
    return f"{repository}:{tag}"


def _bootstrap(client: docker.DockerClient, language: str, version: str, report: BuildReport, scripts: Path) -> str:
    """Name of an imported image made from Debian's packages."""
    suite = SUITES.get(".".join(version.split(".")[:2]))
    if suite is None:
        raise NoSuchRuntime(language, version, tuple(f"{minor} (from Debian {name})" for minor, name in SUITES.items()))
    if shutil.which("mmdebstrap") is None:
        raise BuilderUnavailable(
            f"{language} {version} cannot be pulled, and mmdebstrap, which makes it from Debian's packages, is "
            "missing: apt-get install mmdebstrap, and try again"
        )
    report.phase("fetch", 0.2, f"making {language} from Debian {suite}")
    with tempfile.TemporaryDirectory(prefix="weles-base-") as folder:
        archive = Path(folder) / "base.tar"
        _run_script(scripts / f"{language}.sh", suite, archive, report)
        report.phase("build", 0.8, "importing")
        name = f"weles-import/{language}:{suite}-{os.getpid()}"
        with engine_errors():
            repository, _, tag = name.partition(":")
            answer = client.api.import_image_from_file(
                str(archive), repository=repository, tag=tag, changes=['CMD ["python3"]']
            )
            if '"error"' in answer:
                raise APIError(f"import failed: {answer}")
    return name


def _run_script(script: Path, suite: str, archive: Path, report: BuildReport) -> None:
    try:
        done = subprocess.run(
            [str(script), suite, str(archive)],
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


def _adopt(client: docker.DockerClient, language: str, source: str) -> Base:
    """Label the image as a base and tag it with the version that it really has."""
    with throw_away(
        client,
        image=source,
        command=("python3", "-I", "-c", "import platform; print(platform.python_version())"),
        lake=_MACHINE,
        role="inspect",
        network=False,
    ) as container:
        version = container.run(60).stdout.decode("utf-8", "replace").strip()
    try:
        version_key(version)
    except ValueError as error:
        raise BuilderUnavailable(f"{source} has no usable Python (it says {version!r})") from error
    for there in list_bases(client):
        if (there.language, there.version) == (language, version):
            # Environments were built on it, in every lake of this machine: it is not exchanged.
            return there
    tag = f"{_repository(language)}:{version}"
    with build_context({"Dockerfile": f"FROM {source}\n".encode()}) as context:
        outcome = build_image(client, context, tag=tag, labels={LABEL: language}, timeout=_LABEL_SECONDS)
    if outcome.image_id is None:
        raise BuilderUnavailable(f"{source} cannot be made a base: {outcome.error}")
    return Base(language, version, tag, outcome.image_id)


def _untag(client: docker.DockerClient, name: str) -> None:
    try:
        client.api.remove_image(name, noprune=True)
    except ImageNotFound:
        return


def _repository(language: str) -> str:
    return f"weles-base/{language}"
