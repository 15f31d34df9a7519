"""GET /docs: the OpenAPI document as pages to read and to try, by Swagger UI, from files of this server alone."""

from pathlib import Path

from flask import Blueprint, Response, send_file
from swagger_ui_bundle import swagger_ui_path

from registry.domain.errors.state import NotFound

pages = Blueprint("docs", __name__)

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_ASSET_SECONDS = 24 * 3600
# Swagger UI sets styles from its script, and has its icons as data in its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Weles: the API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# Without `validatorUrl: null` it would send the document's address to a validator elsewhere.
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
});
"""


@pages.get("/docs")
def page() -> Response:
    """The page; what it loads is below it."""
    response = Response(_PAGE, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    return _plain(response)


@pages.get("/docs/start.js")
def start() -> Response:
    """What starts Swagger UI: a file, for the policy allows no script in the page."""
    return _plain(Response(_START, mimetype="text/javascript"))


@pages.get("/docs/<asset>")
def file(asset: str) -> Response:
    """A file of Swagger UI that the page needs; no other is served."""
    if asset not in _ASSETS:
        raise NotFound("file of the documentation", asset[:100])
    path = Path(str(swagger_ui_path)) / asset
    return _plain(send_file(path, mimetype=_ASSETS[asset], max_age=_ASSET_SECONDS, conditional=True))


def _plain(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
