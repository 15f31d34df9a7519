"""Where lakes are: behind a proxy, before an index with a password, on a full disk. Small servers of our own."""

import hashlib
import http.server
import io
import ssl
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import docker

from builders import resolve, throwaway
from builders.site import SiteSettings
from tests import small_server
from tests.environments.failing.cases import Case
from tests.integration.builders import private_index, small_cran

_LITTLE = 192 << 20
_NOBODY = "http://127.0.0.1:9/simple"


@dataclass(frozen=True)
class Place:
    """The settings of the site, and how long each phase may take there."""

    site: SiteSettings
    seconds: float = 1800.0


@contextmanager
def place_of(case: Case, client: docker.DockerClient, bridge: str, cran: Path | None, folder: Path) -> Iterator[Place]:
    """`bridge` is the address at which containers find this host; `folder` may be written to, and is empty."""
    host = SiteSettings.from_host()
    own = _folder_of_sources(case, folder)
    if case.language == "r":
        site = replace(host, cran=tuple(str(each) for each in (own, cran) if each is not None))
    else:
        site = host if own is None else replace(host, find_links=(*host.find_links, str(own)))
    with ExitStack() as stack:
        match case.place:
            case None:
                yield Place(site)
            case "impatient":
                yield Place(site, 20.0)
            case "password":
                server = stack.enter_context(private_index.serve(bridge, "reader:secret"))
                yield Place(_only(site, f"http://{bridge}:{server.server_port}/simple"))
            case "cran-password":
                assert cran is not None
                server = stack.enter_context(small_cran.serve_cran(bridge, cran, "reader:secret"))
                yield Place(replace(site, cran=(f"http://{bridge}:{server.server_port}",)))
            case "nobody":
                yield Place(replace(_only(site, _NOBODY), cran=(_NOBODY,)))
            case "proxy":
                address = f"http://{bridge}:{stack.enter_context(_served(bridge, _Proxy))}"
                away = {"https_proxy": address, "http_proxy": address}
                yield Place(replace(_only(site, "https://index.example/simple"), proxies=away))
            case "certificate":
                port = stack.enter_context(_served(bridge, _Index, _certificate(folder, bridge)))
                yield Place(_only(site, f"https://{bridge}:{port}/simple"))
            case "other-file":
                yield Place(_only(site, f"http://{bridge}:{stack.enter_context(_served(bridge, _Index))}/simple"))
            case "little-memory":
                stack.enter_context(patch.object(throwaway, "MEMORY_BYTES", _LITTLE))
                yield Place(site)
            case "full-disk":
                create = client.api.create_host_config

                def small(**options: Any) -> Any:
                    return create(**options, tmpfs={"/full": "size=1m,mode=1777"})

                stack.enter_context(patch.object(client.api, "create_host_config", small))
                stack.enter_context(patch.dict(resolve.UV_ENVIRONMENT, {"UV_CACHE_DIR": "/full"}))
                yield Place(site)
            case unknown:
                raise AssertionError(unknown)


def _only(site: SiteSettings, index: str) -> SiteSettings:
    return replace(site, index_url=index, extra_index_urls=(), find_links=(), proxies={})


def _folder_of_sources(case: Case, folder: Path) -> Path | None:
    """The case's own packages: sdists in a folder, or a repository of R."""
    if not case.sources:
        return None
    own = folder / "own"
    if case.language == "r":
        packages = [
            (each["name"], each["version"], {key: each[key] for key in each if key[0].isupper()}, _files(each))
            for each in case.sources
        ]
        return small_cran.write_repository(own, *packages)
    own.mkdir(mode=0o755)
    for each in case.sources:
        _sdist(own, each["name"].replace("-", "_"), each["version"], each["setup"])
    return own


def _files(source: dict[str, str]) -> dict[str, str]:
    return {"src/code.c": source["c"]} if "c" in source else {}


def _sdist(folder: Path, name: str, version: str, setup: str) -> None:
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as tar:
        for path, text in {"setup.py": setup, "PKG-INFO": _metadata(name, version)}.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))


def _metadata(name: str, version: str) -> str:
    """As of an old setuptools: whoever wants to know the dependencies must run setup.py."""
    return f"Metadata-Version: 1.2\nName: {name}\nVersion: {version}\n"


@contextmanager
def _served(
    host: str, handler: type[http.server.BaseHTTPRequestHandler], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server of that handler; its port."""
    server = http.server.ThreadingHTTPServer((host, 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with small_server.running(server):
        yield server.server_port


class _Proxy(small_server.Quiet, http.server.BaseHTTPRequestHandler):
    """A proxy that asks for a password."""

    def do_CONNECT(self) -> None:
        self.send_response(407)
        self.send_header("Proxy-Authenticate", 'Basic realm="the way out"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_CONNECT()


class _Index(small_server.Quiet, http.server.BaseHTTPRequestHandler):
    """An index with one package, whose file is not the one that its page says."""

    def do_HEAD(self) -> None:
        self.send_error(405)

    FILE = "weles_probe-1.0-py3-none-any.whl"

    def do_GET(self) -> None:
        wheel = private_index.wheel().replace(b"weles_private_probe", b"weles_probe")
        page = f'<a href="/files/{self.FILE}#sha256={hashlib.sha256(b"another").hexdigest()}">{self.FILE}</a>'
        found = {
            "/simple/weles-probe/": ("text/html", page.encode()),
            f"/files/{self.FILE}": ("application/octet-stream", wheel),
            f"/files/{self.FILE}.metadata": None,
        }.get(self.path)
        if found is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", found[0])
        self.send_header("Content-Length", str(len(found[1])))
        self.end_headers()
        self.wfile.write(found[1])


def _certificate(folder: Path, host: str) -> ssl.SSLContext:
    """That of a CA which nobody knows."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=index.example"]
    command += ["-addext", f"subjectAltName=IP:{host}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
