"""What every step needs that runs in a throw-away container: engine, store, site and the lake that it works for."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import docker

from builders.packages import PackageStore
from builders.site import SiteSettings
from builders.throwaway import Role, ThrowAway, throw_away
from builders.watch import Watch


@dataclass(frozen=True, slots=True)
class Workshop:
    """`watch` is for all steps of one build."""

    client: docker.DockerClient
    store: PackageStore
    site: SiteSettings
    lake: str
    watch: Watch

    def r_container(
        self, image: str, command: Sequence[str], role: Role, *, network: bool
    ) -> AbstractContextManager[ThrowAway]:
        """A throw-away container; with the network it gets the site's settings for R and apt, else nothing of them."""
        return throw_away(
            self.client,
            image=image,
            command=command,
            lake=self.lake,
            role=role,
            network=network,
            environment=self.site.r_environment() if network else {},
            mounts=self.site.r_mounts() if network else (),
            secrets=self.site.secrets(),
        )
