"""Repositories in the form of CRAN with packages that are made up here, and one over HTTP with a password."""

import functools
import http.server
import io
import tarfile

from tests import small_server


def write_repository(folder, *packages):
    """A folder with src/contrib; each package is (name, version, further fields, {path: text})."""
    contrib = folder / "src" / "contrib"
    contrib.mkdir(parents=True)
    index = []
    for name, version, fields, files in packages:
        facts = {"Package": name, "Version": version, **fields}
        index.append("".join(f"{key}: {value}\n" for key, value in facts.items() if key != "SystemRequirements"))
        common = {
            "Title": "A Test",
            "Description": "A test.",
            "License": "GPL-3",
            "Author": "W",
            "Maintainer": "W <w@w>",
        }
        description = "".join(f"{key}: {value}\n" for key, value in {**facts, **common}.items())
        content = {"DESCRIPTION": description, "NAMESPACE": "", "R/code.R": "value <- 1\n", **files}
        with tarfile.open(contrib / f"{name}_{version}.tar.gz", "w:gz") as tar:
            for path, text in content.items():
                entry = tarfile.TarInfo(f"{name}/{path}")
                entry.size = len(text.encode())
                tar.addfile(entry, io.BytesIO(text.encode()))
    (contrib / "PACKAGES").write_text("\n".join(index))
    folder.chmod(0o755)
    return folder


class _Handler(small_server.Private, http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.lets_in():
            super().do_GET()


def serve_cran(host, folder, credentials):
    """The folder, for who knows the password."""
    handler = functools.partial(_Handler, directory=str(folder))
    return small_server.running(small_server.PrivateServer(host, handler, credentials))
