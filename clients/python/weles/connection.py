"""One connection to a lake: the session, retries with a bound, and answers or typed errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from weles import config
from weles.errors import InvalidRequest, LakeUnreachable, RuntimeNotReady, UnexpectedAnswer, from_problem
from weles.progress import choose, say
from weles.version import __version__

__all__ = ["Body", "Connection", "connect", "current", "object_of", "segment"]

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 900.0
COMPILERS_SECONDS = 900.0
_ATTEMPTS = 4
_FIRST_PAUSE = 0.2


class Body(Protocol):
    """Bytes to send that need not be in memory, and can be sent again from their start."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


class _Bearer(AuthBase):
    # As `auth`, not as a header: requests would let a ~/.netrc entry overwrite the header.
    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Connection:
    """A lake at `url`, seen with `token`. `patience`: seconds to wait, in all, for a lake that says "later" (503).

    `progress`: what is shown of longer work while one waits, as `connect` says.
    """

    def __init__(
        self, url: str, token: str | None = None, *, patience: float = 60.0, progress: str | None = None
    ) -> None:
        self.url = config.normal_url(url)
        self.patience = patience
        self.progress = choose(progress)
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers["User-Agent"] = f"weles-python/{__version__}"

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: bytes | Body | None = None,
        content_type: str | None = None,
        accept: str = "application/json",
        repeatable: bool | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Send one request under /api/v1 and return the answer, which is a success.

        `repeatable`: sending it twice does no harm (the default for GET); then a broken connection is tried again.
        A 503 with Retry-After is always tried again, within `patience`, or for a quarter of an hour while the lake
        makes what it compiles with. What it says of it is shown, and again when it says something else.
        Raises the class of `weles.errors` that the lake's problem document names, LakeUnreachable, UnexpectedAnswer.
        """
        again = method == "GET" if repeatable is None else repeatable
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        began, broken, told = time.monotonic(), 0, ""
        while True:
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            try:
                response = self._session.request(
                    method,
                    f"{self.url}/api/v1{path}",
                    params={key: value for key, value in (params or {}).items() if value is not None},
                    data=body,
                    headers=headers,
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                    allow_redirects=False,
                    stream=stream,
                )
            except requests.ConnectionError as reason:
                broken += 1
                if not again or broken >= _ATTEMPTS:
                    raise self._unreachable(reason) from reason
                time.sleep(_FIRST_PAUSE * 2 ** (broken - 1))
                continue
            except requests.RequestException as reason:
                raise self._unreachable(reason) from reason
            if response.ok and not response.is_redirect:
                return response
            pause, error = _retry_after(response), _refused(response)
            patience = max(self.patience, COMPILERS_SECONDS) if isinstance(error, RuntimeNotReady) else self.patience
            if pause is None or time.monotonic() + pause > began + patience:
                raise error
            if (said := str(error.args[0])) != told:
                say(said if told else f"{said} Asking again for up to {patience:.0f} seconds.")
                told = said
            response.close()
            time.sleep(pause)

    def json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Like `request`; the answer as the JSON object that it is. Raises UnexpectedAnswer when it is none."""
        return object_of(self.request(method, path, **options))

    def send_json(
        self, method: str, path: str, document: Mapping[str, Any], *, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send a JSON object, get one."""
        return object_of(self.send(method, path, document, params=params))

    def send(
        self, method: str, path: str, document: Mapping[str, Any], *, params: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """Send a JSON object, get any answer."""
        return self.request(method, path, params=params, body=_dump(document), content_type="application/json")

    def _unreachable(self, reason: Exception) -> LakeUnreachable:
        return LakeUnreachable(
            f"The lake at {self.url} does not answer: {_innermost(reason)}",
            next="Check the address, that the lake is running, and your proxy settings.",
        )


def object_of(response: requests.Response) -> dict[str, Any]:
    """The JSON object that the lake answered. Raises UnexpectedAnswer when it is none."""
    try:
        document = response.json()
    except (ValueError, requests.RequestException):
        document = None
    if not isinstance(document, dict):
        raise _strange(response)
    return document


def _refused(response: requests.Response) -> Exception:
    try:
        document = response.json()
    except (ValueError, requests.RequestException):
        document = None
    if isinstance(document, dict) and ("detail" in document or "title" in document or "type" in document):
        return from_problem(document, response.status_code)
    if response.status_code == 401:
        return from_problem({"detail": "The lake does not know you.", "next": "Run `weles login`."}, 401)
    return _strange(response)


def _strange(response: requests.Response) -> UnexpectedAnswer:
    moved = response.headers.get("Location") if response.is_redirect else None
    kind = response.headers.get("Content-Type", "no content type")
    return UnexpectedAnswer(
        f"{response.url} answered with status {response.status_code} ({kind}), not as a lake does.",
        next=f"Connect to {moved} instead." if moved else "Check the address and any proxy before it.",
        status=response.status_code,
    )


def _retry_after(response: requests.Response) -> float | None:
    if response.status_code != 503:
        return None
    try:
        return max(float(response.headers.get("Retry-After", "")), 0.0)
    except ValueError:
        return None


def _innermost(reason: BaseException) -> str:
    inner = getattr(reason.args[0], "reason", None) if reason.args else None
    text = str(inner or reason)
    return text.rpartition(">: ")[2] or text


def _dump(document: Any) -> bytes:
    """`document` as compact JSON. Raises InvalidRequest for text that is not valid Unicode."""
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as reason:
        raise InvalidRequest(f"A text is not valid Unicode: {reason.reason}", next="Remove it.") from None


def segment(name: str) -> str:
    """`name` as one segment of a path. Raises InvalidRequest when it is empty."""
    if not name:
        raise InvalidRequest("The name is empty.", next="Give the name.")
    return quote(name, safe=":")


_current: Connection | None = None


def connect(
    url: str | None = None, token: str | None = None, *, patience: float = 60.0, progress: str | None = None
) -> Connection:
    """Name the lake that this session talks to, from here on.

    What is not given is taken from WELES_URL, WELES_TOKEN or WELES_TOKEN_FILE, then from the login that
    `weles login` saved. Nothing is sent yet. `patience`: seconds to wait for a busy lake before giving up.
    `progress`: what standard error shows of a job that one waits for: "log" (its phases, and its log as it grows),
    "phases" or "none"; by default what WELES_PROGRESS says, else the log on a terminal and the phases elsewhere.
    Raises NotConnected when no lake is named anywhere, InvalidRequest for another `progress`.
    """
    global _current
    login = config.choose(url, token)
    _current = Connection(login.url, login.token, patience=patience, progress=progress)
    return _current


def current() -> Connection:
    """The connection in use; the first call without `connect` connects as the environment and the saved login say."""
    return _current or connect()
