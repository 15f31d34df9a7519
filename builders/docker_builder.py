"""ImageBuilder over the Docker SDK: the one place where specification, lock, package store and engine meet."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from builders.bases import Base
from builders.build_cache import BuildCache
from builders.build_log import BuildOutcome
from builders.buildx import Buildx
from builders.built_image import BuiltImage
from builders.context import build_context, runtime_files
from builders.delivery import Delivery
from builders.diagnosis import Diagnosis, diagnose
from builders.dockerfile import layers, step_detail
from builders.engine import engine_errors
from builders.errors import BuilderUnavailable, BuildFailed
from builders.identity import Recipe, environment_id
from builders.image_build import EngineBuild, ImageBuild, build_image
from builders.languages import LANGUAGES
from builders.lock import Lock, Resolution
from builders.packages import Missing, PackageMissing, PackageStore
from builders.recipes import recipe_of, runtime_folder
from builders.remote_build import RemoteBuild
from builders.report import BuildReport
from builders.resolve import failure
from builders.runtimes import list_bases
from builders.site import SiteSettings
from builders.spec import EnvironmentSpec
from builders.watch import Watch
from builders.workshop import Workshop

LAKE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_SECONDS = 120.0


class DockerBuilder:
    """Builds the environments of one lake on one engine.

    `lake` labels all that is made; `runtimes_folder` is `runtime-images`; `timeout_seconds` is for each of resolve,
    fetch and build when it is called without a watch; one watch holds for all of them. With `registry`, images are
    delivered there; with `buildx` too, they are built by the BuildKit that it speaks to, and the engine does the rest.
    `cache` is tidied after builds. Every method may raise BuilderUnavailable, and those with a watch Unwanted. Without
    a watch, who is not `patient` does not wait for an image with compilers (BaseInTheMaking).
    """

    def __init__(
        self,
        client: docker.DockerClient,
        *,
        store: PackageStore,
        site: SiteSettings,
        lake: str,
        runtimes_folder: Path,
        timeout_seconds: float,
        registry: str = "",
        buildx: Buildx | None = None,
        cache: BuildCache | None = None,
        patient: bool = True,
    ) -> None:
        if LAKE_NAME.fullmatch(lake) is None:
            raise ValueError(f"{lake!r} is not a lake's name: lower-case letters, digits and hyphens, at most 63")
        self._client = client
        self._store = store
        self._lake = lake
        self._runtimes_folder = runtimes_folder
        self._timeout = timeout_seconds
        self._site = site
        self._cache = cache
        self._patient = patient
        self._delivery = Delivery(client, registry, lake) if registry else None
        self._image_build: ImageBuild = EngineBuild(client)
        if buildx is not None:
            if self._delivery is None:
                raise ValueError("a builder elsewhere needs a registry, from which the engine takes what it has built")
            self._image_build = RemoteBuild(client, buildx, self._delivery)

    def bases(self) -> list[Base]:
        """The base images that environments can be built on."""
        return list_bases(self._client)

    def recipe(self, language: str = "python") -> Recipe:
        """How this builder makes images: the other part, besides lock and base, of an EnvironmentId."""
        return recipe_of(language, self._runtimes_folder)

    def recipes(self) -> dict[str, Recipe]:
        """The recipe of every language that has a runtime."""
        return {each: self.recipe(each) for each in LANGUAGES if runtime_folder(each, self._runtimes_folder).is_dir()}

    def resolve(self, spec: EnvironmentSpec, base: Base, report: BuildReport, watch: Watch | None = None) -> Resolution:
        """Lock the specification for the base. Raises BuildFailed."""
        resolution = LANGUAGES[spec.language].resolve(self._workshop(watch), spec, base, report)
        return replace(resolution, lock=self._measured(resolution.lock))

    def missing(self, lock: Lock) -> Missing:
        """What `fetch` would have to get, and to compile, for the lock."""
        variant = LANGUAGES[lock.language].variant
        sources = [each for each in lock.packages if each.kind in ("sdist", "r-source")]
        compiled = tuple(each for each in sources if not self._store.has_built(each, variant(each, lock)))
        needed = [each for each in (*lock.packages, *lock.libraries) if each not in sources or each in compiled]
        return Missing(tuple(each for each in needed if not self._store.has(each.file)), compiled)

    def dockerfile(self, lock: Lock, base: Base) -> str:
        """The text that `build` builds from. Raises ValueError for a lock that is no language's."""
        return LANGUAGES[lock.language].render(lock, base, self.recipe(lock.language))

    def fetch(self, resolution: Resolution, base: Base, report: BuildReport, watch: Watch | None = None) -> Lock:
        """Bring the locked files into the package store; what is there needs no network.

        The lock, with the size of every file: there are indexes that do not say it, and layers go by it.

        Raises BuildFailed; PackageMissing when what `resolve` had kept is there no more.
        """
        LANGUAGES[resolution.lock.language].fetch(self._workshop(watch), resolution, base, report)
        return self._measured(resolution.lock)

    def build(
        self, environment_id: str, lock: Lock, base: Base, report: BuildReport, watch: Watch | None = None
    ) -> BuiltImage:
        """Build from the package store, without network; an image that is there is taken as it is.

        Raises BuildFailed; PackageMissing when the store has lost a file; ValueError when the id is not that of
        lock, base and this builder's recipe.
        """
        recipe = self.recipe(lock.language)
        _check_id(environment_id, lock, base, recipe)
        there = self.exists(environment_id)
        if there is not None:
            report.phase("build", 1.0, "the image is there already")
            return self._delivered(there, report)
        self._check_base(base)
        workshop, began = self._workshop(watch), time.monotonic()
        report.phase("build", 0.0, f"packages: {len(lock.packages)}")
        tag = self._tag(environment_id)
        content = f"{tag}-content"
        try:
            self._finish(self._build_content(workshop, content, lock, base, recipe, report), report)
            installed = LANGUAGES[lock.language].installed(workshop, content)
            _check_installed(lock, installed)
            labels = {
                "weles": self._lake,
                "weles.environment": environment_id,
                "weles.lock": _compact(lock.to_json()),
                "weles.installed": _compact(installed),
                "weles.recipe": recipe.name,
            }
            # What is installed is known only after the build, so the labels come with a second one, of no layer.
            with build_context({"Dockerfile": f"FROM {content}\n".encode()}, self._store.root) as context:
                last = Watch(_LABEL_SECONDS)
                self._finish(build_image(self._client, context, tag=tag, labels=labels, watch=last), report)
        finally:
            self._untag(content)
            if self._cache is not None:
                self._cache.tidy_soon()
        built = self.exists(environment_id)
        if built is None:
            raise BuilderUnavailable(f"the image {tag} was built and is gone; does something else remove images here?")
        built = self._delivered(built, report)
        report.phase("build", 1.0, f"{built.bytes / 1e6:.0f} MB")
        return replace(built, seconds=time.monotonic() - began)

    def exists(self, environment_id: str) -> BuiltImage | None:
        """The lake's image of this environment, if it was built to the end. What only the registry has is fetched."""
        there = self._on_engine(environment_id)
        if there is None and self._delivery is not None and self._delivery.fetch(_short(environment_id)):
            there = self._on_engine(environment_id)
        return there

    def _on_engine(self, environment_id: str) -> BuiltImage | None:
        labels = [f"weles={self._lake}", f"weles.environment={environment_id}"]
        with engine_errors():
            for image in self._client.images.list(filters={"label": labels}):
                installed = image.labels.get("weles.installed")
                if installed is None or image.id is None:
                    continue
                tag = self._tag(environment_id)
                if tag not in image.tags:
                    image.tag(*tag.split(":"))
                reference = self._delivery.reference(image.attrs) if self._delivery else None
                return BuiltImage(image.id, tag, json.loads(installed), int(image.attrs["Size"]), reference)
        return None

    def remove(self, environment_id: str) -> None:
        """Remove the environment's image from the engine; nothing happens when there is none."""
        image = self._on_engine(environment_id)
        if image is None:
            return
        if self._delivery is not None:
            self._delivery.forget(_short(environment_id))
        with engine_errors(), suppress(ImageNotFound):
            self._client.images.remove(image.tag)

    def remove_leftovers(self) -> int:
        """Remove the throw-away containers that a killed worker of this lake left behind; how many there were."""
        roles = ("resolve", "fetch", "compile", "inspect")
        with engine_errors():
            found = [
                container["Id"]
                for role in roles
                for container in self._client.api.containers(
                    all=True, filters={"label": [f"weles={self._lake}", f"weles.role={role}"]}
                )
            ]
            for each in found:
                with suppress(NotFound):
                    self._client.api.remove_container(each, force=True, v=True)
        return len(found)

    def _measured(self, lock: Lock) -> Lock:
        """The lock with the sizes that the store knows where the index has not said them."""
        packages = (
            each if each.file.size else replace(each, file=replace(each.file, size=self._store.size(each.file)))
            for each in lock.packages
        )
        return replace(lock, packages=tuple(packages))

    def _tag(self, environment_id: str) -> str:
        return f"weles-env/{self._lake}:{_short(environment_id)}"

    def _delivered(self, image: BuiltImage, report: BuildReport) -> BuiltImage:
        # Also what has been delivered before: the registry takes only what it has not, or has lost.
        if self._delivery is None:
            return image
        report.phase("build", 0.95, "bringing the image to the registry")
        return replace(image, reference=self._delivery.push(image.image_id, image.tag.partition(":")[2]))

    def _check_base(self, base: Base) -> None:
        with engine_errors():
            try:
                there = self._client.images.get(base.image).id
            except ImageNotFound:
                there = None
        if there != base.image_id:
            minor = ".".join(base.version.split(".")[:2])
            raise BuilderUnavailable(
                f"the base image {base.image} is {'gone' if there is None else 'another one now'}; resolve again, "
                f"after `weles-admin runtimes install {base.language} {minor}` if it is not installed"
            )

    def _workshop(self, watch: Watch | None) -> Workshop:
        watch = watch or Watch(self._timeout, patient=self._patient)
        return Workshop(self._client, self._store, self._site, self._lake, watch)

    def _build_content(
        self, workshop: Workshop, tag: str, lock: Lock, base: Base, recipe: Recipe, report: BuildReport
    ) -> BuildOutcome:
        language = LANGUAGES[lock.language]
        files: dict[str, bytes | Path] = {"Dockerfile": language.render(lock, base, recipe).encode("ascii")}
        for layer in layers(lock):
            for package in layer.packages:
                file = self._store.ready(package, language.variant(package, lock))
                if file is None:
                    raise PackageMissing(package.name, package.version)
                files[f"packages/{layer.folder}/{file.name}"] = file
        for library in lock.libraries:
            file = self._store.file(library.file)
            if file is None:
                raise PackageMissing(library.name, library.version)
            files[f"libraries/{file.name}"] = file
        runtime = runtime_files(runtime_folder(lock.language, self._runtimes_folder))
        files |= {f"runtime/{name}": path for name, path in runtime.items()}
        arguments = language.build_arguments(workshop, base)
        with build_context(files, self._store.root) as context:
            return self._image_build(
                context,
                tag=tag,
                labels={"weles": self._lake, "weles.role": "content"},
                # All that a recipe's ARGs name are images.
                begins_from=(base.image, *arguments.values()),
                watch=workshop.watch,
                arguments=arguments,
                on_line=report.log,
                on_progress=lambda fraction, step: report.phase("build", 0.9 * fraction, step_detail(step)),
            )

    @staticmethod
    def _finish(outcome: BuildOutcome, report: BuildReport) -> None:
        if outcome.image_id is None:
            report.log(outcome.error)
            log = "\n".join([*outcome.log, outcome.error])
            raise failure(diagnose("build", log), log)

    def _untag(self, tag: str) -> None:
        with engine_errors(), suppress(ImageNotFound):
            self._client.images.remove(tag, noprune=True)


def _short(environment_id: str) -> str:
    return environment_id.removeprefix("sha256:")[:32]


def _check_id(given: str, lock: Lock, base: Base, recipe: Recipe) -> None:
    expected = environment_id(lock, base, recipe)
    if given != expected:
        raise ValueError(f"environment {given} is not this one, {expected}: lock, base or runtime have changed since")


def _check_installed(lock: Lock, installed: Mapping[str, str]) -> None:
    wrong = [each for each in lock.packages if each.name not in installed]
    if wrong:
        names = ", ".join(f"{each.name} {each.version}" for each in wrong[:5])
        summary = f"{names} was built into the image and is not found in it."
        suggestion = "The package's metadata is broken: choose another version of it."
        raise BuildFailed(Diagnosis("build", wrong[0].name, "not-installed", summary, summary, suggestion), summary)


def _compact(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"))
