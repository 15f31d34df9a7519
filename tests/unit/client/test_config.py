import json
import stat

import pytest
from weles import config
from weles.config import Login
from weles.errors import CallerError, NotConnected


@pytest.fixture
def environ(tmp_path):
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_a_saved_login_comes_back_and_is_its_owners_alone(environ):
    file = config.save(Login("http://lake", "t"), environ)
    config.save(Login("http://lake", "t2"), environ)
    assert config.load(environ) == Login("http://lake", "t2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_arguments_come_before_the_environment_before_the_saved_login(environ, tmp_path):
    with pytest.raises(NotConnected, match="weles login"):
        config.choose(None, None, environ)
    config.save(Login("http://saved", "saved"), environ)
    assert config.choose(None, None, environ) == Login("http://saved", "saved")
    token_file = tmp_path / "token"
    token_file.write_text("of-file\n")
    environ = {**environ, "WELES_URL": "http://env", "WELES_TOKEN_FILE": str(token_file)}
    assert config.choose(None, None, environ) == Login("http://env", "of-file")
    environ["WELES_TOKEN"] = "env"
    assert config.choose(None, None, environ) == Login("http://env", "env")
    assert config.choose("http://given/", "given", environ) == Login("http://given", "given")


def test_a_saved_token_is_not_shown_to_another_lake(environ):
    config.save(Login("http://saved", "saved"), environ)
    assert config.choose("http://other", None, environ).token is None
    assert config.choose("http://saved/api/v1/", None, environ).token == "saved"


@pytest.mark.parametrize("url", ["lake", "ftp://lake", "http://", "http://me:secret@lake", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(CallerError, match="address"):
        config.normal_url(url)


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"url": "x", "token": "y"})])
def test_a_broken_login_file_says_what_to_do(environ, text):
    config.save(Login("http://lake", "t"), environ).write_text(text)
    with pytest.raises(CallerError, match="weles login"):
        config.load(environ)


def test_a_missing_token_file_is_named(environ):
    with pytest.raises(CallerError, match="WELES_TOKEN_FILE"):
        config.choose("http://lake", None, {**environ, "WELES_TOKEN_FILE": "/nowhere/at/all"})


def test_the_token_is_not_in_the_text_form():
    assert "secret" not in repr(Login("http://lake", "secret"))
