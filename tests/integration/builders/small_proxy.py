"""A proxy with a password on this machine: the only way to a host that exists nowhere else."""

import http.client
import http.server
from urllib.parse import urlsplit

from tests import small_server


class _Handler(small_server.Private, http.server.BaseHTTPRequestHandler):
    password_header, refusal = "Proxy-Authorization", (407, "Proxy-Authenticate")

    def _forward(self):
        if not self.lets_in():
            return
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(*self.server.target, timeout=30)
        kept = {name: value for name, value in self.headers.items() if name.lower() in ("authorization", "accept")}
        connection.request(self.command, parts.path, headers=kept)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "WWW-Authenticate"):
            if answer.headers.get(name):
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = _forward  # noqa: N815


def serve_proxy(host, credentials, target):
    """Whatever host is asked for, `target` (host, port) answers; `served` are the addresses that were asked for."""
    server = small_server.PrivateServer(host, _Handler, credentials)
    server.target = target
    return small_server.running(server)
