"""A package index with a password on this machine, over TLS if it is given a certificate; it has one package."""

import base64
import hashlib
import http.server
import io
import threading
import zipfile
from contextlib import contextmanager

FILENAME = "weles_private_probe-1.0-py3-none-any.whl"


def wheel():
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w") as archive:
        archive.writestr("weles_private_probe.py", "VALUE = 1\n")
        info = "weles_private_probe-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: weles-private-probe\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return spool.getvalue()


class PrivateIndex(http.server.ThreadingHTTPServer):
    """Serves the wheel to who knows the password; `served` are the paths that were given out."""

    def __init__(self, host, credentials, tls=None):
        super().__init__((host, 0), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.scheme = "http" if tls is None else "https"
        self.host = host
        self.expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.wheel = wheel()
        self.served = []

    def address(self, credentials):
        return f"{self.scheme}://{credentials}@{self.host}:{self.server_port}/simple"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") != self.server.expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
            self.end_headers()
        elif self.path == "/simple/weles-private-probe/":
            sha = hashlib.sha256(self.server.wheel).hexdigest()
            self._answer("text/html", f'<a href="/files/{FILENAME}#sha256={sha}">{FILENAME}</a>'.encode())
        elif self.path == f"/files/{FILENAME}":
            self._answer("application/octet-stream", self.server.wheel)
        else:
            self.send_error(404)

    def do_HEAD(self):
        self.send_error(405)

    def _answer(self, kind, body):
        self.server.served.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def serve(host, credentials, tls=None):
    with PrivateIndex(host, credentials, tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
