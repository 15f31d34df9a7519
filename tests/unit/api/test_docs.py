"""GET /docs: everything that the page needs comes from this server, and it may ask no other."""

import re

import pytest
from flask import Flask

_LOADED = re.compile(r'(?:src|href)="([^"]*)"')


def test_the_page_and_all_that_it_loads(app: Flask) -> None:
    client = app.test_client()  # nobody: no token is needed
    page = client.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    loaded = _LOADED.findall(page.text)
    assert len(loaded) == 4
    assert "//" not in page.text.replace("<!doctype", "")
    for address in loaded:
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert not address.endswith(".js") or b"SwaggerUIBundle" in answer.data
    start = client.get("/docs/start.js").text
    assert "validatorUrl: null" in start
    assert "//" not in start
    (document,) = re.findall(r'url: "([^"]*)"', start)
    assert len(client.get(document).json["paths"]) > 50


def test_the_page_may_ask_no_other_server(app: Flask) -> None:
    policy = app.test_client().get("/docs").headers["Content-Security-Policy"]
    said = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert (said["default-src"], said["script-src"], said["connect-src"]) == ("'none'", "'self'", "'self'")
    assert said["frame-ancestors"] == "'none'"
    assert not re.search(r"http|\*", policy)


@pytest.mark.parametrize("asset", ["swagger-ui.js", "index.html", "..%2f__init__.py", "%2e%2e", "__init__.py"])
def test_no_other_file_is_served(app: Flask, asset: str) -> None:
    answer = app.test_client().get(f"/docs/{asset}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
