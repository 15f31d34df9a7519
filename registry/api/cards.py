"""Model cards: GET, PUT /models/NAME/card. Markdown in, the same Markdown out: the lake renders none."""

from http import HTTPStatus

from flask import Response, request
from flask.views import MethodView

from registry.api.blueprint import Resource, problems
from registry.api.services import services
from registry.domain.errors.invalid import InvalidRequest, UnsupportedMediaType
from registry.domain.text import is_storable

blueprint = Resource("cards", "What people should know of a model before they use it.")

MARKDOWN = "text/markdown"
_CARD_TYPES = (MARKDOWN, "text/plain")
_CARD_BYTES = 256 << 10


@blueprint.route("/models/<name>/card")
class Card(MethodView):
    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type=MARKDOWN)
    @blueprint.doc(**problems(HTTPStatus.NOT_FOUND, HTTPStatus.GONE))
    def get(self, name: str) -> Response:
        """The model's card: Markdown as it was sent, and never rendered"""
        return _markdown(services().texts.get(name).card)

    @blueprint.response(HTTPStatus.OK, {"type": "string"}, content_type=MARKDOWN)
    @blueprint.doc(
        requestBody={"required": True, "content": {kind: {"schema": {"type": "string"}} for kind in _CARD_TYPES}},
        **problems(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.GONE,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ),
    )
    def put(self, name: str) -> Response:
        """Write the model's card; an empty one takes it away"""
        if request.mimetype not in _CARD_TYPES:
            raise UnsupportedMediaType(request.mimetype, _CARD_TYPES)
        request.max_content_length = _CARD_BYTES
        return _markdown(services().texts.edit(name, card=_text(request.get_data(cache=False))).card)


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The card is not UTF-8 text.", next="Send Markdown in UTF-8.") from error
    if not is_storable(text):
        raise InvalidRequest("The card has characters that are no text (NUL).", next="Leave them out.")
    return text


def _markdown(text: str) -> Response:
    response = Response(text, content_type=f"{MARKDOWN}; charset=utf-8")
    # A browser must not take a stranger's text for a page of the lake.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
