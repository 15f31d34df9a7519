"""The lease desk over HTTP on a Unix socket, for the web processes of the same lake."""

import threading
from dataclasses import asdict
from pathlib import Path

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from waitress.server import create_server

from registry.domain.errors import WelesError
from registry.domain.ports import Desk
from registry.runners.unix_socket import reachable

_THREADS = 32


def create_desk_app(desk: Desk) -> Flask:
    """WSGI application: POST /leases/ID, DELETE /leases/ID, GET /leases/ID/ending, GET /runtimes."""
    app = Flask("weles-desk")

    @app.post("/leases/<version_id>")
    def lease(version_id: str) -> ResponseReturnValue:
        return jsonify(folder=str(desk.lease(version_id)))

    @app.delete("/leases/<version_id>")
    def end(version_id: str) -> ResponseReturnValue:
        desk.end(version_id)
        return jsonify()

    @app.get("/leases/<version_id>/ending")
    def ending(version_id: str) -> ResponseReturnValue:
        return jsonify(asdict(desk.ending(version_id)))

    @app.get("/runtimes")
    def runtimes() -> ResponseReturnValue:
        return jsonify(asdict(desk.runtimes()))

    @app.errorhandler(WelesError)
    def failed(error: WelesError) -> ResponseReturnValue:
        return error.to_document(), 409

    return app


class DeskServer:
    """Serves a desk on a socket that only its owner may use, from threads of its own."""

    def __init__(self, desk: Desk, socket: Path) -> None:
        socket.unlink(missing_ok=True)
        with reachable(socket) as path:
            self._server = create_server(
                create_desk_app(desk), unix_socket=path, unix_socket_perms="600", threads=_THREADS
            )

    def start(self) -> None:
        threading.Thread(target=self._server.run, name="desk", daemon=True).start()
