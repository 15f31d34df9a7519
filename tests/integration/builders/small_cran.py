"""Repositories in the form of CRAN with packages that are made up here, and one over HTTP with a password."""

import base64
import functools
import http.server
import io
import tarfile
import threading
from contextlib import contextmanager


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


class _Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != self.server.expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.server.served.append(self.path)
            super().do_GET()

    def log_message(self, *arguments):
        pass


class PrivateCran(http.server.ThreadingHTTPServer):
    """Serves a folder to who knows the password; `served` are the paths that were given out."""

    def __init__(self, host, folder, credentials):
        super().__init__((host, 0), functools.partial(_Handler, directory=str(folder)))
        self.host = host
        self.expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.served = []

    def address(self, credentials):
        return f"http://{credentials}@{self.host}:{self.server_port}"


@contextmanager
def serve_cran(host, folder, credentials):
    with PrivateCran(host, folder, credentials) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
