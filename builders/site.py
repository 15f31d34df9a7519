"""What the site has set for package installation on this host: repositories, find-links, proxies, CA bundle.

It is read from where the site has set it already, for pip, for uv or in the environment, and is given to throw-away
containers only: nothing of it may reach an image. `repr` shows no value, because any may hold a credential.
"""

import configparser
import os
import re
import ssl
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from builders.errors import BuilderUnavailable

CA_TARGET = "/weles-site/ca.crt"
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM_CA = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of this host that a throw-away container sees at `target`."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True, repr=False)
class SiteSettings:
    """Addresses may hold credentials. Proxies are keyed `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`."""

    ca_bundle: Path | None = None
    proxies: Mapping[str, str] = field(default_factory=dict)
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    cran: tuple[str, ...] = ()
    debian_mirror: str | None = None

    def __repr__(self) -> str:
        return (
            f"SiteSettings(ca_bundle={'set' if self.ca_bundle else 'unset'}, proxies={sorted(self.proxies)}, "
            f"index_url={'set' if self.index_url else 'unset'}, {len(self.extra_index_urls)} extra_index_urls, "
            f"{len(self.find_links)} find_links, {len(self.trusted_hosts)} trusted_hosts, {len(self.cran)} cran, "
            f"debian_mirror={'set' if self.debian_mirror else 'unset'})"
        )

    @classmethod
    def from_host(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings of this host: uv's variables first, then pip's variables, then pip's configuration files.

        WELES_CRAN are R's repositories (addresses or folders, with spaces between; without it R's own default),
        WELES_DEBIAN_MIRROR is where the system's libraries come from (without it the base image's own mirror).

        Raises BuilderUnavailable when a configuration file cannot be read.
        """
        environ = os.environ if environ is None else environ
        pip = _pip_settings(environ)
        index = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or pip.get("index-url")
        extra = environ.get("UV_INDEX") or environ.get("UV_EXTRA_INDEX_URL") or pip.get("extra-index-url", "")
        links = environ.get("UV_FIND_LINKS") or pip.get("find-links", "")
        trusted = environ.get("UV_INSECURE_HOST") or pip.get("trusted-host", "")
        proxies = {name: environ.get(name) or environ.get(name.upper()) for name in _PROXY_VARIABLES}
        if pip.get("proxy"):
            proxies |= {name: proxies[name] or pip["proxy"] for name in ("http_proxy", "https_proxy")}
        return cls(
            ca_bundle=_ca_bundle(environ, pip.get("cert")),
            proxies={name: value for name, value in proxies.items() if value},
            index_url=index if index and _is_usable(index) else None,
            extra_index_urls=tuple(filter(_is_usable, extra.split())),
            find_links=tuple(filter(_is_usable, re.split(r"[\s,]+", links.strip()))),
            trusted_hosts=tuple(trusted.split()),
            cran=tuple(environ.get("WELES_CRAN", "").split()),
            debian_mirror=environ.get("WELES_DEBIAN_MIRROR") or None,
        )

    def container_environment(self) -> dict[str, str]:
        """Variables for uv and for fetch.py in a throw-away container. They may hold credentials: never log them."""
        variables = {
            "UV_DEFAULT_INDEX": self.index_url or "",
            "UV_INDEX": " ".join(self.extra_index_urls),
            "UV_FIND_LINKS": ",".join(self.find_links),
            "UV_INSECURE_HOST": " ".join(self.trusted_hosts),
            # pip takes the best version of all its indexes; uv would stop at the first that has the name.
            "UV_INDEX_STRATEGY": "unsafe-best-match" if self.extra_index_urls else "",
            "SSL_CERT_FILE": CA_TARGET if self.ca_bundle else "",
        }
        return self._with_proxies(variables)

    def r_environment(self) -> dict[str, str]:
        """Variables for R and for apt in a throw-away container. They may hold credentials: never log them."""
        variables = {
            "WELES_CRAN": " ".join(self.cran),
            "WELES_DEBIAN_MIRROR": self.debian_mirror or "",
            "CURL_CA_BUNDLE": CA_TARGET if self.ca_bundle else "",
        }
        return self._with_proxies(variables)

    def _with_proxies(self, variables: dict[str, str]) -> dict[str, str]:
        for name, value in self.proxies.items():
            variables[name] = variables[name.upper()] = value
        return {name: value for name, value in variables.items() if value}

    def mounts(self) -> tuple[Mount, ...]:
        """The CA bundle, and local index and find-links folders at their own paths."""
        folders = {
            folder for each in (self.index_url, *self.extra_index_urls) if each and (folder := _index_folder(each))
        }
        folders |= {path for each in self.find_links if (path := _local_path(each))}
        return self._mounted(folders)

    def r_mounts(self) -> tuple[Mount, ...]:
        """The CA bundle, and local R repositories at their own paths. Raises BuilderUnavailable when one is missing."""
        unusable = [each for each in self.cran if not _is_usable(each)]
        if unusable:
            raise BuilderUnavailable(f"WELES_CRAN names {', '.join(unusable)}, which is no folder of this machine")
        return self._mounted({path for each in self.cran if (path := _local_path(each))})

    def _mounted(self, folders: set[Path]) -> tuple[Mount, ...]:
        mounts = [Mount(folder, str(folder)) for folder in sorted(folders)]
        if self.ca_bundle is not None:
            mounts.append(Mount(self.ca_bundle, CA_TARGET))
        return tuple(mounts)

    def secrets(self) -> tuple[str, ...]:
        """What must be masked in logs: user names with passwords, in every address that has them."""
        addresses = (self.index_url or "", *self.extra_index_urls, *self.find_links, *self.proxies.values())
        addresses += (*self.cran, self.debian_mirror or "")
        found = {urlsplit(address).netloc.rpartition("@")[0] for address in addresses if "@" in address}
        passwords = {part.partition(":")[2] for part in found}
        return tuple(sorted({each for each in found | passwords if each}, key=len, reverse=True))


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """pip's settings as it would see them: its configuration files in their documented order, then PIP_* variables."""
    settings: dict[str, str] = {}
    for path in _pip_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            # Not the error's own words: they would show the line, which may hold a credential.
            raise BuilderUnavailable(f"pip's configuration {path} cannot be read ({type(error).__name__})") from None
        for section in ("global", "install"):
            if parser.has_section(section):
                settings |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    prefix = "PIP_"
    settings |= {
        name.removeprefix(prefix).lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith(prefix)
    }
    return settings


def _pip_files(environ: Mapping[str, str]) -> Iterable[Path]:
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        return
    for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    if environ.get("HOME"):
        home = Path(environ["HOME"])
        yield home / ".pip" / "pip.conf"
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if environ.get("PIP_CONFIG_FILE"):
        yield Path(environ["PIP_CONFIG_FILE"])


def _ca_bundle(environ: Mapping[str, str], pip_cert: str | None) -> Path | None:
    """The first CA bundle that is there: the site's own settings, then what this host trusts."""
    system = ssl.get_default_verify_paths().cafile
    named = [environ.get(name) for name in _CA_VARIABLES]
    for name in (*named, pip_cert, system, *_SYSTEM_CA):
        if name and Path(name).is_file():
            return Path(name).resolve()
    return None


def _local_path(address: str) -> Path | None:
    """The absolute path of a local address, None when it is a remote one."""
    if address.startswith("file:"):
        return Path(unquote(urlsplit(address).path))
    return None if "://" in address else Path(address)


def _index_folder(address: str) -> Path | None:
    """What to mount for a local index: its parent, since its pages link to files beside it."""
    path = _local_path(address)
    return path.parent if path and path.parent != Path("/") else path


def _is_usable(address: str) -> bool:
    """False for nothing and for local folders that are not there, which uv, unlike pip, takes for an error."""
    path = _local_path(address)
    return bool(address) and (path is None or (path.is_absolute() and path.exists()))
