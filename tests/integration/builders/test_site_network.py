"""The ways out that sites have: an index of their own in the place of the public one, their own CA, a proxy."""

import ssl
import subprocess

import pytest
from private_index import serve
from small_proxy import serve_proxy

from builders.errors import BuilderUnavailable
from builders.identity import environment_id
from builders.site import SiteSettings
from builders.spec import parse_requirements

pytestmark = pytest.mark.docker

READER, WALKER = "reader:Zq7-index-password", "walker:Zq7-proxy-password"


def acquire(builder, base, report):
    spec = parse_requirements("weles-private-probe==1.0\n", version="3.11").spec
    resolution = builder.resolve(spec, base, report)
    builder.fetch(resolution, base, report)
    identity = environment_id(resolution.lock, base, builder.recipe())
    return builder.build(identity, resolution.lock, base, report)


def make_certificate(folder, name, *more):
    """A key and a certificate: (the certificate's file, the key's)."""
    key, file = folder / f"{name}.key", folder / f"{name}.pem"
    new = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", file, "-subj", f"/CN={name}")
    subprocess.run(["openssl", "req", "-x509", *new, *more], check=True, capture_output=True)
    return file, key


@pytest.fixture
def certificate(bridge, tmp_path):
    """(CA bundle of the site, TLS of a server that it vouches for)."""
    bundle, its_key = make_certificate(tmp_path, "site-ca")
    extensions = ("-addext", f"subjectAltName=IP:{bridge}", "-addext", "basicConstraints=critical,CA:FALSE")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*make_certificate(tmp_path, "server", "-CA", bundle, "-CAkey", its_key, *extensions))
    return bundle, tls


def test_a_mirror_in_the_place_of_the_public_index_with_the_sites_own_ca(
    make_builder, base, report, bridge, certificate, tmp_path
):
    bundle, tls = certificate
    with serve(bridge, READER, tls) as mirror:
        site = SiteSettings(ca_bundle=bundle, index_url=mirror.address(READER), proxies={"no_proxy": bridge})
        builder = make_builder(store=tmp_path / "packages", site=site)
        assert dict(acquire(builder, base, report).installed) == {"weles-private-probe": "1.0"}
        # Nothing else was asked: the public index does not even have this bundle's trust.
        assert any(path.endswith(".whl") for path in mirror.served)
        strangers = SiteSettings(index_url=mirror.address(READER), proxies={"no_proxy": bridge})
        with pytest.raises(BuilderUnavailable, match="a certificate that this lake does not trust"):
            acquire(make_builder(store=tmp_path / "other", site=strangers), base, report)


def test_a_proxy_with_a_password_is_the_way_to_the_index(make_builder, base, report, bridge, private_index, tmp_path):
    with serve_proxy(bridge, WALKER, (bridge, private_index.server_port)) as proxy:
        index = f"http://{READER}@packages.weles.invalid/simple"
        site = SiteSettings(index_url=index, proxies={"http_proxy": proxy.address(WALKER)})
        builder = make_builder(store=tmp_path / "packages", site=site)
        assert dict(acquire(builder, base, report).installed) == {"weles-private-probe": "1.0"}
        assert all(address.startswith("http://packages.weles.invalid/") for address in proxy.served)
        assert any(address.endswith(".whl") for address in proxy.served)
        assert [word for word in ("Zq7-proxy-password", "Zq7-index-password") if word in "".join(report.lines)] == []

        wrong = SiteSettings(index_url=index, proxies={"http_proxy": proxy.address("walker:wrong")})
        with pytest.raises(BuilderUnavailable) as caught:
            acquire(make_builder(store=tmp_path / "other", site=wrong), base, report)
        assert "walker:wrong" not in str(caught.value)
