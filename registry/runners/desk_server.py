"""The lease desk over HTTP on a Unix socket, for the web processes of the same lake."""

import threading
from dataclasses import asdict
from pathlib import Path

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from waitress.server import create_server

from builders.bases import Base
from builders.spec import EnvironmentSpec
from registry.domain.errors import LakeFailed, WelesError
from registry.domain.ports import Desk, Doctor
from registry.runners.unix_socket import reachable

_THREADS = 32


def create_desk_app(desk: Desk, doctor: Doctor) -> Flask:
    """WSGI application of the desk and, beside it, of the doctor.

    POST /leases/VERSION, DELETE /leases/VERSION/FOLDER, GET /endings/FOLDER, GET /runtimes, POST /examinations,
    GET /health.
    """
    app = Flask("weles-desk")

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify()

    @app.post("/leases/<version_id>")
    def lease(version_id: str) -> ResponseReturnValue:
        return jsonify(folder=str(desk.lease(version_id)))

    @app.delete("/leases/<version_id>/<folder>")
    def end(version_id: str, folder: str) -> ResponseReturnValue:
        desk.end(version_id, Path(folder))
        return jsonify()

    @app.get("/endings/<folder>")
    def ending(folder: str) -> ResponseReturnValue:
        return jsonify(asdict(desk.ending(Path(folder))))

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
    """Serves a desk and a doctor on a socket that only its owner may use, from threads of its own."""

    def __init__(self, desk: Desk, doctor: Doctor, socket: Path) -> None:
        socket.unlink(missing_ok=True)
        with reachable(socket) as path:
            self._server = create_server(
                create_desk_app(desk, doctor), unix_socket=path, unix_socket_perms="600", threads=_THREADS
            )

    def start(self) -> None:
        threading.Thread(target=self._server.run, name="desk", daemon=True).start()
