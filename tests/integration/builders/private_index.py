"""A package index with a password on this machine, over TLS if it is given a certificate; it has one package."""

import hashlib
import http.server
import io
import zipfile

from tests import small_server

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


class PrivateIndex(small_server.PrivateServer):
    """Has the wheel for who knows the password."""

    def __init__(self, host, credentials, tls=None):
        super().__init__(host, _Handler, credentials)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        self.wheel = wheel()

    def address(self, credentials):
        return f"{super().address(credentials)}/simple"


class _Handler(small_server.Private, http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.lets_in():
            return
        if self.path == "/simple/weles-private-probe/":
            sha = hashlib.sha256(self.server.wheel).hexdigest()
            self._answer("text/html", f'<a href="/files/{FILENAME}#sha256={sha}">{FILENAME}</a>'.encode())
        elif self.path == f"/files/{FILENAME}":
            self._answer("application/octet-stream", self.server.wheel)
        else:
            self.send_error(404)

    def do_HEAD(self):
        self.send_error(405)

    def _answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(host, credentials, tls=None):
    return small_server.running(PrivateIndex(host, credentials, tls))
