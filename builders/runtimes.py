"""Base images of this machine: listed, installed from a registry or from a Debian mirror, removed."""

import json
from dataclasses import replace
from pathlib import Path

import docker
import requests
from docker.errors import ImageNotFound

from builders.bases import Base, choose_base, version_key
from builders.bootstrap import bootstrap
from builders.context import build_context
from builders.engine import engine_errors, unavailable
from builders.errors import BuilderUnavailable, NoSuchRuntime
from builders.image_build import build_image
from builders.recipes import RUNTIME_IMAGES
from builders.report import BuildReport
from builders.runtime_sources import SOURCES
from builders.throwaway import throw_away
from builders.watch import Watch

SCRIPTS = RUNTIME_IMAGES / "bootstrap"
LABEL = "weles.base"
DEV_LABEL = "weles.base-dev"
PULL_SILENCE_SECONDS = 15.0
_LABEL_SECONDS = 120.0
_VERSION_SECONDS = 60.0
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
    source = SOURCES.get(language)
    if source is None:
        there_are = tuple(f"{name} {minor}" for name, each in SOURCES.items() for minor in each.suites)
        raise NoSuchRuntime(language, version, there_are)
    there = _installed(client, language, version)
    if there is not None and (not source.dev_at_once or _exists(client, dev_image(there))):
        return there
    report.phase("fetch", 0.0, f"pulling {language} {version}")
    scripts = scripts or SCRIPTS
    pulled = _pull(client, source.repository, source.tag.format(version=version), report)
    suite = source.suites.get(_minor(version))
    if pulled is None and suite is None:
        raise NoSuchRuntime(language, version, source.can_be_had())
    base = _adopt_and_untag(client, language, pulled or bootstrap(client, language, str(suite), report, scripts))
    if source.dev_at_once:
        # A pulled image has its compilers; one of Debian's packages gets a sister that has them.
        with_compilers = base.image if pulled else bootstrap(client, language, str(suite), report, scripts, "dev")
        try:
            _relabel(client, with_compilers, dev_image(base), {DEV_LABEL: language, LABEL: ""})
        finally:
            if not pulled:
                _untag(client, with_compilers)
    return base


def dev_image(base: Base) -> str:
    """Name of the image with compilers that belongs to a base; it is there only when something was compiled."""
    return f"{base.image}-dev"


def dev_base(client: docker.DockerClient, base: Base) -> Base | None:
    """The sister of a base that has compilers; None when it was not made yet."""
    with engine_errors():
        try:
            image = client.images.get(dev_image(base))
        except ImageNotFound:
            return None
    return replace(base, image=dev_image(base), image_id=str(image.id))


def make_dev_base(client: docker.DockerClient, base: Base, report: BuildReport, scripts: Path | None = None) -> Base:
    """Make the sister of a base that has compilers; `builders.dev_bases` does so once. Images are never built on it.

    It comes from where the base came from, and has the same minor version. Raises BuilderUnavailable.
    """
    source = SOURCES[base.language]
    suite = source.suites.get(_minor(base.version))
    report.phase("fetch", 0.0, f"making {base.language} {base.version} with compilers")
    made = None
    if suite is None or not _is_debians(client, base):
        made = _pull(client, source.repository, source.dev_tag.format(version=base.version), report)
    if made is None and suite is not None:
        made = bootstrap(client, base.language, suite, report, scripts or SCRIPTS, "dev")
    if made is None:
        raise BuilderUnavailable(f"there is no image with compilers for {base.language} {base.version}")
    try:
        version = _version_in(client, base.language, made)
        if _minor(version) != _minor(base.version):
            raise BuilderUnavailable(f"{made} has {base.language} {version}, which does not go with {base.version}")
        identity = _relabel(client, made, dev_image(base), {DEV_LABEL: base.language, LABEL: ""})
    finally:
        _untag(client, made)
    return replace(base, image=dev_image(base), image_id=identity)


def remove_base(client: docker.DockerClient, language: str, version: str) -> None:
    """Remove the base with exactly this version. Raises NoSuchRuntime, BuilderUnavailable (it may be in use)."""
    bases = list_bases(client)
    found = [base for base in bases if (base.language, base.version) == (language, version)]
    if not found:
        raise NoSuchRuntime(language, version, tuple(base.version for base in bases if base.language == language))
    with engine_errors():
        client.api.remove_image(found[0].image)
    _untag(client, dev_image(found[0]))


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


def _adopt_and_untag(client: docker.DockerClient, language: str, source: str) -> Base:
    try:
        return _adopt(client, language, source)
    finally:
        _untag(client, source)


def _adopt(client: docker.DockerClient, language: str, source: str) -> Base:
    """Label the image as a base and tag it with the version that it really has."""
    version = _version_in(client, language, source)
    for there in list_bases(client):
        if (there.language, there.version) == (language, version):
            # Environments were built on it, in every lake of this machine: it is not exchanged.
            return there
    tag = f"{_repository(language)}:{version}"
    return Base(language, version, tag, _relabel(client, source, tag, {LABEL: language}))


def _version_in(client: docker.DockerClient, language: str, image: str) -> str:
    """The full version of the interpreter that an image really has."""
    with throw_away(
        client,
        image=image,
        command=SOURCES[language].version_command,
        lake=_MACHINE,
        role="inspect",
        network=False,
    ) as container:
        version = container.run(Watch(_VERSION_SECONDS)).stdout.decode("utf-8", "replace").strip()
    try:
        version_key(version)
    except ValueError as error:
        raise BuilderUnavailable(f"{image} has no usable {language} (it says {version!r})") from error
    return version


def _is_debians(client: docker.DockerClient, base: Base) -> bool:
    """Was it made from Debian's packages? The official images say their version in their environment."""
    with engine_errors():
        configured = client.images.get(base.image).attrs["Config"].get("Env") or ()
    return not any(each.startswith(f"{base.language.upper()}_VERSION=") for each in configured)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _relabel(client: docker.DockerClient, source: str, tag: str, labels: dict[str, str]) -> str:
    """Id of the image `tag`, which is `source` with labels."""
    with build_context({"Dockerfile": f"FROM {source}\n".encode()}) as context:
        outcome = build_image(client, context, tag=tag, labels=labels, watch=Watch(_LABEL_SECONDS))
    if outcome.image_id is None:
        raise BuilderUnavailable(f"{source} cannot be made {tag}: {outcome.error}")
    return outcome.image_id


def _exists(client: docker.DockerClient, image: str) -> bool:
    with engine_errors():
        try:
            client.images.get(image)
        except ImageNotFound:
            return False
    return True


def _untag(client: docker.DockerClient, name: str) -> None:
    with engine_errors():
        try:
            client.api.remove_image(name, noprune=True)
        except ImageNotFound:
            return


def _repository(language: str) -> str:
    return f"weles-base/{language}"
