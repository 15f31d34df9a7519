"""What differs from language to language on the way from a specification to an image."""

from collections.abc import Mapping
from typing import Protocol

from builders import dockerfile
from builders.bases import Base
from builders.fetching import Fetcher
from builders.identity import Recipe
from builders.installed import installed_packages
from builders.lock import Lock, LockedPackage, Resolution
from builders.r.compiler import compile_packages, variant
from builders.r.dockerfile import render_r
from builders.r.installed import installed_r_packages
from builders.r.resolve import resolve_r
from builders.report import BuildReport
from builders.resolve import resolve
from builders.spec import EnvironmentSpec
from builders.tools import ensure_tools
from builders.workshop import Workshop


class Language(Protocol):
    """The steps of one language. Each may raise BuilderUnavailable; what else is raised is as in DockerBuilder."""

    def resolve(self, workshop: Workshop, spec: EnvironmentSpec, base: Base, report: BuildReport) -> Resolution:
        """Lock the specification for the base."""
        ...

    def fetch(self, workshop: Workshop, resolution: Resolution, base: Base, report: BuildReport) -> None:
        """Have everything in the package store that `build` needs."""
        ...

    def variant(self, package: LockedPackage, lock: Lock) -> str:
        """Under which name the store has what was compiled from the package's source."""
        ...

    def render(self, lock: Lock, base: Base, recipe: Recipe) -> str:
        """The Dockerfile."""
        ...

    def build_arguments(self, workshop: Workshop, base: Base) -> dict[str, str]:
        """The values of the Dockerfile's ARGs."""
        ...

    def installed(self, workshop: Workshop, image: str) -> dict[str, str]:
        """{name: version} of the packages that are really in an image."""
        ...


class _Python:
    def resolve(self, workshop: Workshop, spec: EnvironmentSpec, base: Base, report: BuildReport) -> Resolution:
        return resolve(
            workshop.client,
            spec,
            base,
            site=workshop.site,
            lake=workshop.lake,
            watch=workshop.watch,
            report=report,
        )

    def fetch(self, workshop: Workshop, resolution: Resolution, base: Base, report: BuildReport) -> None:
        fetcher = Fetcher(
            workshop.client,
            base,
            store=workshop.store,
            site=workshop.site,
            lake=workshop.lake,
            watch=workshop.watch,
            report=report,
        )
        fetcher.fetch(resolution)

    def variant(self, package: LockedPackage, lock: Lock) -> str:
        return lock.version

    def render(self, lock: Lock, base: Base, recipe: Recipe) -> str:
        return dockerfile.render(lock, base, recipe)

    def build_arguments(self, workshop: Workshop, base: Base) -> dict[str, str]:
        return {"TOOLS": ensure_tools(workshop.client, base)}

    def installed(self, workshop: Workshop, image: str) -> dict[str, str]:
        return installed_packages(workshop.client, image, workshop.lake, workshop.watch)


class _R:
    def resolve(self, workshop: Workshop, spec: EnvironmentSpec, base: Base, report: BuildReport) -> Resolution:
        return resolve_r(workshop, spec, base, report)

    def fetch(self, workshop: Workshop, resolution: Resolution, base: Base, report: BuildReport) -> None:
        compile_packages(workshop, resolution, base, report)

    def variant(self, package: LockedPackage, lock: Lock) -> str:
        return variant(package, lock)

    def render(self, lock: Lock, base: Base, recipe: Recipe) -> str:
        return render_r(lock, base, recipe)

    def build_arguments(self, workshop: Workshop, base: Base) -> dict[str, str]:
        return {}

    def installed(self, workshop: Workshop, image: str) -> dict[str, str]:
        return installed_r_packages(workshop, image)


LANGUAGES: Mapping[str, Language] = {"python": _Python(), "r": _R()}
