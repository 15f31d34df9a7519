"""A proxy with a password on this machine: the only way to a host that exists nowhere else."""

import base64
import http.client
import http.server
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit


class SmallProxy(http.server.ThreadingHTTPServer):
    """Whatever host is asked for, `target` (host, port) answers; `asked` are the addresses that were."""

    def __init__(self, host, credentials, target):
        super().__init__((host, 0), _Handler)
        self.host = host
        self.expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        self.target = target
        self.asked = []

    def address(self, credentials):
        return f"http://{credentials}@{self.host}:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def _forward(self):
        if self.headers.get("Proxy-Authorization") != self.server.expected:
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.server.asked.append(self.path)
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

    def log_message(self, *arguments):
        pass


@contextmanager
def serve_proxy(host, credentials, target):
    with SmallProxy(host, credentials, target) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
