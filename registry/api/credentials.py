"""The token that comes with a request."""

import binascii
from base64 import b64decode

from flask import request

from registry.domain.errors.access import Unauthenticated


def token() -> str:
    """As `Authorization: Bearer TOKEN`; or as the password of Basic, with any user name.

    Basic is how clients send it that know only a URL (https://user:TOKEN@lake/…) or a ~/.netrc. Raises Unauthenticated.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    found = credentials.strip()
    if scheme.lower() == "basic":
        try:
            found = b64decode(found, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise Unauthenticated from None
    elif scheme.lower() != "bearer":
        raise Unauthenticated
    if not found:
        raise Unauthenticated
    return found
