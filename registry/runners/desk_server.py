"""The lease desk over HTTP for the web processes of the same lake: on a Unix socket, and on a port."""

import hmac
import threading
from dataclasses import asdict
from pathlib import Path

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from waitress.server import create_server

from builders.bases import Base
from builders.spec import EnvironmentSpec
from registry.domain.errors.families import WelesError
from registry.domain.errors.lake import LakeFailed
from registry.domain.ports.desk import Desk
from registry.domain.ports.doctor import Doctor
from registry.runners.remote import address_of
from registry.runners.unix_socket import reachable

_THREADS = 32


def create_desk_app(desk: Desk, doctor: Doctor, key: str = "") -> Flask:
    """WSGI application of the desk and, beside it, of the doctor. With a `key` it answers to nobody else.

    POST /leases/VERSION, DELETE /leases/VERSION/FOLDER, GET /endings/FOLDER, POST /rebuilds/VERSION, GET /runtimes,
    POST /examinations. GET /health is for everybody.
    """
    app = Flask("weles-desk")

    @app.before_request
    def only_the_lakes_own() -> ResponseReturnValue | None:
        given = request.headers.get("Authorization", "")
        if not key or request.path == "/health" or hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            return None
        return jsonify(), 401

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(status="up")

    @app.post("/leases/<version_id>")
    def lease(version_id: str) -> ResponseReturnValue:
        folder = desk.lease(version_id)
        address = address_of(folder)
        return jsonify(folder=str(folder), address=None if address is None else address.to_json())

    @app.delete("/leases/<version_id>/<folder>")
    def end(version_id: str, folder: str) -> ResponseReturnValue:
        desk.end(version_id, Path(folder))
        return jsonify()

    @app.get("/endings/<folder>")
    def ending(folder: str) -> ResponseReturnValue:
        return jsonify(asdict(desk.ending(Path(folder))))

    @app.post("/rebuilds/<version_id>")
    def rebuild(version_id: str) -> ResponseReturnValue:
        return jsonify(job=desk.rebuild(version_id))

    @app.get("/runtimes")
    def runtimes() -> ResponseReturnValue:
        return jsonify(asdict(desk.runtimes()))

    @app.post("/examinations")
    def examine() -> ResponseReturnValue:
        document = request.get_json()
        return jsonify(doctor.examine(EnvironmentSpec.from_json(document["spec"]), Base(**document["base"])))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> ResponseReturnValue:
        app.logger.exception("the lease desk")
        return LakeFailed(f"The worker failed ({type(error).__name__}); its log says more.").to_document(), 409

    @app.errorhandler(WelesError)
    def failed(error: WelesError) -> ResponseReturnValue:
        return error.to_document(), 409

    return app


class DeskServer:
    """Serves a desk and a doctor from threads of its own: on a socket that only its owner may use, and on `port`.

    `port` (0: none) is open to the network; who asks there must know the `key`.
    """

    def __init__(self, desk: Desk, doctor: Doctor, socket: Path, port: int = 0, key: str = "") -> None:
        socket.unlink(missing_ok=True)
        with reachable(socket) as path:
            here = create_server(
                create_desk_app(desk, doctor), unix_socket=path, unix_socket_perms="600", threads=_THREADS
            )
        self._servers = [here]
        if port:
            if not key:
                raise ValueError("a desk that is open to the network needs a key")
            app = create_desk_app(desk, doctor, key)
            self._servers.append(create_server(app, host="0.0.0.0", port=port, threads=_THREADS))  # noqa: S104

    def start(self) -> None:
        for each in self._servers:
            threading.Thread(target=each.run, name="desk", daemon=True).start()
