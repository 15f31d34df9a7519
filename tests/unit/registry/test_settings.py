from pathlib import Path

import pytest

from registry.settings import Settings, describe


def test_defaults_are_safe() -> None:
    settings = Settings.from_environ({})
    assert settings.host == "127.0.0.1"
    assert settings.admin_password == ""
    assert settings.home.is_absolute()


def test_environment_and_what_is_given_by_name() -> None:
    environ = {"WELES_PORT": "9000", "WELES_HOME": "/srv/lake", "WELES_CONTAINER_CPUS": "0.5"}
    settings = Settings.from_environ(environ, port=9001, host=None)
    assert (settings.port, settings.home, settings.container_cpus) == (9001, Path("/srv/lake"), 0.5)
    assert settings.database == "sqlite:////srv/lake/lake.sqlite"


def test_a_wrong_value_is_named() -> None:
    with pytest.raises(ValueError, match="WELES_PORT='http' is not a int"):
        Settings.from_environ({"WELES_PORT": "http"})


def test_a_value_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql+psycopg://weles:secret@db/weles\n")
    environ = {"WELES_DATABASE_URL_FILE": str(tmp_path / "url"), "WELES_PORT_FILE": str(tmp_path / "none")}
    with pytest.raises(ValueError, match=r"WELES_PORT_FILE=.* cannot be read \(FileNotFoundError\)"):
        Settings.from_environ(environ)
    environ["WELES_PORT"] = "9000"
    settings = Settings.from_environ(environ)
    assert (settings.database, settings.port) == ("postgresql+psycopg://weles:secret@db/weles", 9000)


def test_paths_of_the_home_folder_are_told_as_the_engine_has_them() -> None:
    settings = Settings.from_environ({}, home="/var/lib/weles", engine_home="/srv/volume")
    assert settings.on_engine(settings.run_folder / "x") == "/srv/volume/run/x"
    assert settings.on_engine(Path("/opt/elsewhere")) == "/opt/elsewhere"
    assert Settings.from_environ({}, home="/srv/lake").on_engine(Path("/srv/lake/run")) == "/srv/lake/run"


def test_a_builder_elsewhere_needs_a_registry() -> None:
    with pytest.raises(ValueError, match="WELES_BUILDER needs WELES_IMAGE_REGISTRY"):
        Settings.from_environ({"WELES_BUILDER": "tcp://builder.example:1234"})


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("1", True), ("FALSE", False), ("0", False)])
def test_truths(text: str, truth: bool) -> None:
    assert Settings.from_environ({"WELES_ANONYMOUS": text}).anonymous is truth


def test_what_is_no_truth_is_named() -> None:
    with pytest.raises(ValueError, match="WELES_ANONYMOUS='maybe' is not a bool"):
        Settings.from_environ({"WELES_ANONYMOUS": "maybe"})


def test_settings_survive_the_way_to_a_child_process() -> None:
    settings = Settings.from_environ({}, port=9001, home="/srv/lake", prediction_seconds=1.5, anonymous=True)
    assert Settings.from_environ(settings.to_environ()) == settings


def test_every_setting_is_described() -> None:
    described = {variable for variable, _, meaning in describe() if meaning}
    assert described == set(Settings.from_environ({}).to_environ())
