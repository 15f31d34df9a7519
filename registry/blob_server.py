"""`weles-registry blobs`: gives blobs to who has an address that the lake has signed, and nothing else to anybody.

Pods of models may speak to this alone, so it knows no users, no database and no engine.
"""

import time

from flask import Flask, request, send_file
from flask.typing import ResponseReturnValue
from waitress import serve as serve_forever

from registry.blobs.stores import open_blobs
from registry.domain.errors.lake import BlobUnavailable
from registry.domain.ports.blobs import Blobs
from registry.domain.signature import may_read
from registry.settings import Settings

_THREADS = 16


def create_blob_app(blobs: Blobs, secret: str) -> Flask:
    """WSGI application: GET /blobs/DIGEST?expires&signature, and /health."""
    app = Flask("weles-blobs", static_folder=None)

    @app.get("/blobs/<digest>")
    def blob(digest: str) -> ResponseReturnValue:
        expires, signed = request.args.get("expires", ""), request.args.get("signature", "")
        if not may_read(secret, digest, expires, signed, time.time()):
            return {"title": "This address is not signed by the lake, or no longer good."}, 403
        try:
            return send_file(blobs.path(digest), mimetype="application/octet-stream", etag=False)
        except BlobUnavailable as error:
            return {"title": error.detail}, 404

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return {"status": "up"}

    return app


def serve(settings: Settings) -> None:
    """Serve until the process is told to end."""
    app = create_blob_app(open_blobs(settings), settings.secret)
    serve_forever(app, host="0.0.0.0", port=settings.blobs_port, threads=_THREADS, ident="weles")  # noqa: S104
