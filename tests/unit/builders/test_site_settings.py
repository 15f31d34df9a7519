"""The host's own settings for pip and uv, as far as throw-away containers need them."""

from pathlib import Path

import pytest

from builders.errors import BuilderUnavailable
from builders.site import CA_TARGET, Mount, SiteSettings


@pytest.fixture
def home(tmp_path):
    """An environment whose configuration files are all in `tmp_path`; PIP_CONFIG_FILE is the only one."""
    (tmp_path / "home").mkdir()
    return {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}


def write_config(home, text):
    path = Path(home["HOME"]) / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_pips_configuration_is_read_and_its_variables_come_first(home, tmp_path):
    bundle = tmp_path / "site.crt"
    bundle.write_text("certificate")
    write_config(
        home,
        "[global]\nindex-url = https://one.example.org/simple\ntrusted-host = one.example.org\n  two.example.org\n"
        f"cert = {bundle}\n[install]\nextra-index-url =\n  https://two.example.org/simple\n  https://three.example.org\n",
    )
    site = SiteSettings.from_host(home)
    assert site.index_url == "https://one.example.org/simple"
    assert site.extra_index_urls == ("https://two.example.org/simple", "https://three.example.org")
    assert site.trusted_hosts == ("one.example.org", "two.example.org")
    assert site.ca_bundle == bundle
    assert (
        SiteSettings.from_host(home | {"PIP_INDEX_URL": "https://b.example.org"}).index_url == "https://b.example.org"
    )


def test_uvs_variables_come_before_pips(home):
    environ = home | {"PIP_INDEX_URL": "https://pip.example.org", "UV_DEFAULT_INDEX": "https://uv.example.org"}
    assert SiteSettings.from_host(environ).index_url == "https://uv.example.org"


def test_pips_configuration_can_be_switched_off(home):
    write_config(home, "[global]\nindex-url = https://one.example.org/simple\n")
    assert SiteSettings.from_host(home | {"PIP_CONFIG_FILE": "/dev/null"}).index_url is None


def test_a_broken_configuration_is_named_without_its_content(home):
    write_config(home, "index-url = https://me:hunter2@one.example.org/simple\n")
    with pytest.raises(BuilderUnavailable, match=r"pip\.conf") as caught:
        SiteSettings.from_host(home)
    assert "hunter2" not in str(caught.value)


def test_proxies_reach_the_container_in_both_spellings(home):
    site = SiteSettings.from_host(home | {"HTTPS_PROXY": "http://proxy.example.org:3128", "no_proxy": "localhost"})
    variables = site.container_environment()
    assert variables["https_proxy"] == variables["HTTPS_PROXY"] == "http://proxy.example.org:3128"
    assert variables["NO_PROXY"] == "localhost"
    assert "http_proxy" not in variables


def test_local_folders_are_mounted_at_their_own_paths_and_missing_ones_dropped(home, tmp_path):
    index, links = tmp_path / "index" / "simple", tmp_path / "links"
    index.mkdir(parents=True)
    links.mkdir()
    environ = home | {
        "PIP_EXTRA_INDEX_URL": f"file://{index} file:///nowhere/at/all",
        "PIP_FIND_LINKS": f"{links} /nowhere/links https://links.example.org relative",
    }
    site = SiteSettings.from_host(environ)
    assert site.extra_index_urls == (f"file://{index}",)
    assert site.find_links == (str(links), "https://links.example.org")
    mounts = site.mounts()
    assert Mount(index.parent, str(index.parent)) in mounts
    assert Mount(links, str(links)) in mounts
    assert not any("example.org" in mount.target for mount in mounts)


def test_the_ca_bundle_is_mounted_where_its_variable_points(tmp_path):
    bundle = tmp_path / "ca.crt"
    bundle.write_text("certificate")
    site = SiteSettings(ca_bundle=bundle)
    assert site.container_environment() == {"SSL_CERT_FILE": CA_TARGET}
    assert site.mounts() == (Mount(bundle, CA_TARGET),)


def test_no_settings_are_no_variables_and_no_mounts():
    assert SiteSettings().container_environment() == {}
    assert SiteSettings().mounts() == ()


def test_credentials_are_not_shown_and_can_be_masked():
    site = SiteSettings(
        index_url="https://me:hunter2@example.org/simple",
        extra_index_urls=("https://token@example.org",),
        proxies={"https_proxy": "http://u:swordfish@proxy:1"},
    )
    shown = repr(site) + str(site)
    assert not any(secret in shown for secret in ("hunter2", "token", "swordfish", "example.org"))
    assert {"hunter2", "swordfish", "me:hunter2", "token"} <= set(site.secrets())


def test_r_repositories_reach_only_containers_of_r(home, tmp_path):
    mirror = tmp_path / "cran"
    mirror.mkdir()
    address = "https://reader:secret@cran.example.org"
    site = SiteSettings.from_host(
        home | {"WELES_CRAN": f"{address} {mirror}", "WELES_DEBIAN_MIRROR": "http://d.example"}
    )
    assert site.cran == (address, str(mirror))
    assert site.r_environment()["WELES_CRAN"] == f"{address} {mirror}"
    assert site.r_environment()["WELES_DEBIAN_MIRROR"] == "http://d.example"
    assert "WELES_CRAN" not in site.container_environment()
    assert Mount(mirror, str(mirror)) in site.r_mounts()
    assert Mount(mirror, str(mirror)) not in site.mounts()
    assert "secret" in site.secrets()
    assert "secret" not in repr(site)


@pytest.mark.parametrize("address", ["/no/such/folder", "file:///no/such/folder", "relative/folder"])
def test_an_r_repository_that_is_not_there_is_said(home, address):
    with pytest.raises(BuilderUnavailable, match="WELES_CRAN"):
        SiteSettings.from_host(home | {"WELES_CRAN": address}).r_mounts()
