"""Any environment can be made again where there is no network at all: an engine in a namespace without any way out.

It has nothing but the base image and the package store: no image, no layer and no compiler.
"""

import os

import pytest
from images import run
from test_build_environment import c_extension
from test_build_r_environment import rscript

from builders.docker_builder import DockerBuilder
from builders.dockerfile import ENVIRONMENT
from builders.identity import environment_id
from builders.packages import PackageStore
from builders.parse import parse_environment
from builders.site import SiteSettings

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.getuid() != 0, reason="a second engine needs root"),
]


@pytest.fixture
def again(engine, other_engine, lake_name, runtimes):
    """again(builder, base, environment, store): made with the network, then without; the second image's id."""

    def make(builder, base, spec, store, report):
        resolution = builder.resolve(spec, base, report)
        builder.fetch(resolution, base, report)
        other_engine.images.load(b"".join(engine.images.get(base.image).save(named=True)))
        offline = DockerBuilder(
            other_engine,
            store=PackageStore(store),
            site=SiteSettings(),
            lake=lake_name,
            runtimes_folder=runtimes,
            timeout_seconds=300,
        )
        identity = environment_id(resolution.lock, base, builder.recipe(base.language))
        offline.fetch(resolution, base, report)
        built = offline.build(identity, resolution.lock, base, report)
        assert dict(built.installed) == {each.name: each.version for each in resolution.lock.packages}
        return built.image_id

    return make


def test_python_with_a_wheel_and_with_sources_that_were_compiled(
    other_engine, make_builder, base, report, tmp_path, again
):
    links, store = tmp_path / "links", tmp_path / "packages"
    links.mkdir()
    c_extension(links)
    host = SiteSettings.from_host()
    site = SiteSettings(
        host.ca_bundle, host.proxies, host.index_url, host.extra_index_urls, (*host.find_links, str(links))
    )
    builder = make_builder(store=store, site=site, timeout=600)
    pins = "joblib==1.4.2\ndocopt==0.6.2\nweles-c-test==1.0\n"
    image = again(builder, base, parse_environment("python", pins, version="3.11").spec, store, report)
    program = "import docopt, joblib, weles_c_test as c; print(c.answer(), joblib.__version__)"
    assert run(other_engine, image, f"{ENVIRONMENT}/bin/python", "-c", program) == "42 1.4.2\n"


def test_r_with_a_library_of_the_system(other_engine, make_r_builder, r_base, report, tmp_path, again):
    store = tmp_path / "packages"
    lines = "# weles-r 1\nxml2==1.3.3  cran\njsonlite==1.9.1  cran\n"
    spec = parse_environment("r", lines, version="4.2.2").spec
    image = again(make_r_builder(store=store), r_base, spec, store, report)
    program = "cat(xml2::xml_text(xml2::read_xml('<a>read by libxml2</a>')))"
    assert rscript(other_engine, image, program) == "read by libxml2\n"
