"""Specification → image on the real engine, with the real index."""

import dataclasses
import io
import json
import subprocess
import sys
import tarfile

import pytest
from images import leftovers, run, search

from builders.dockerfile import ENVIRONMENT
from builders.errors import BuildFailed
from builders.identity import RECIPE_NAMES, environment_id
from builders.lock import Lock
from builders.packages import Missing, PackageMissing
from builders.runtimes import dev_image
from builders.site import SiteSettings
from builders.spec import parse_requirements
from builders.throwaway import throw_away
from builders.watch import Watch

pytestmark = pytest.mark.docker

REQUIREMENTS = "joblib==1.4.2\nthreadpoolctl==3.5.0\nnumpy==1.26.4\nsetuptools==65.5.0\n"


def acquire(builder, base, report, text=REQUIREMENTS):
    spec = parse_requirements(text, version="3.11").spec
    resolution = builder.resolve(spec, base, report)
    lock = builder.fetch(resolution, base, report)
    return lock, environment_id(lock, base, builder.recipe())


def test_from_a_freeze_to_an_image_that_runs(engine, lake_name, make_builder, base, report):
    builder = make_builder()
    lock, identity = acquire(builder, base, report)
    built = builder.build(identity, lock, base, report)

    assert dict(built.installed) == {"joblib": "1.4.2", "numpy": "1.26.4", "threadpoolctl": "3.5.0"}
    assert built.bytes > 50_000_000
    program = "import numpy, joblib; print(numpy.arange(3).sum(), joblib.__version__)"
    python = "/opt/weles/env/bin/python"
    assert run(engine, built.tag, python, "-I", "-c", program) == "3 1.4.2\n"
    hello = engine.containers.run(built.tag, remove=True, network_mode="none", read_only=True).decode()
    assert hello == "hello from the runtime\n"
    assert run(engine, built.tag, "/usr/bin/id", "-u") == "65534\n"

    labels = engine.images.get(built.tag).labels
    assert labels["weles"] == lake_name
    assert labels["weles.environment"] == identity
    assert labels["weles.recipe"] == RECIPE_NAMES["python"]
    assert Lock.from_json(json.loads(labels["weles.lock"])) == lock
    assert json.loads(labels["weles.installed"]) == dict(built.installed)
    assert "://" not in labels["weles.lock"]

    find = "for name in gcc cc g++ uv make; do command -v $name; done; ls /mnt /media /tmp; ls -d /opt/weles/tools"
    found = run(engine, built.tag, "/bin/sh", "-c", f"({find}) 2>/dev/null; true")
    assert sorted(found.split()) == ["/media:", "/mnt:", "/tmp:"]
    assert "numpy/__init__.cpython-311.pyc" in run(
        engine, built.tag, "/bin/sh", "-c", "cd /opt/weles/env/lib/python3*/site-packages; ls numpy/__pycache__/__i*"
    ).replace("__pycache__/", "")

    assert {name for name, _, _ in report.phases} == {"resolve", "fetch", "build"}
    assert all(0 <= fraction <= 1 for _, fraction, _ in report.phases)
    fractions = [fraction for name, fraction, _ in report.phases if name == "build"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("numpy==1.26.4" in line for line in report.lines)
    assert leftovers(engine, lake_name) == []


def test_an_image_that_is_there_is_taken_and_can_be_removed(engine, make_builder, base, report):
    builder = make_builder()
    lock, identity = acquire(builder, base, report, "joblib==1.4.2\n")
    first = builder.build(identity, lock, base, report)
    report.phases.clear()
    there = dataclasses.replace(first, seconds=None)
    assert builder.build(identity, lock, base, report) == there == builder.exists(identity)
    assert report.phases == [("build", 1.0, "the image is there already")]
    builder.remove(identity)
    assert builder.exists(identity) is None
    builder.remove(identity)


def test_an_image_can_be_made_again_from_the_store_with_the_network_off(make_builder, base, report):
    lock, identity = acquire(make_builder(), base, report, "joblib==1.4.2\n")
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    offline = make_builder(site=SiteSettings(proxies=nowhere))
    first = offline.build(identity, lock, base, report)
    offline.remove(identity)
    assert dict(offline.build(identity, lock, base, report).installed) == dict(first.installed)


def test_what_is_in_the_store_is_not_fetched_again(make_builder, base, report, monkeypatch):
    builder = make_builder()
    resolution = builder.resolve(parse_requirements("joblib==1.4.2", version="3.11").spec, base, report)
    builder.fetch(resolution, base, report)
    monkeypatch.setattr("builders.fetching.throw_away", pytest.fail)
    builder.fetch(resolution, base, report)


def test_a_store_that_lost_a_package_is_said(make_builder, base, report, tmp_path):
    lock, identity = acquire(make_builder(), base, report, "joblib==1.4.2\n")
    with pytest.raises(PackageMissing, match=r"joblib 1\.4\.2"):
        make_builder(store=tmp_path / "empty").build(identity, lock, base, report)


def test_a_source_is_compiled_to_a_wheel_once(make_builder, base, report, tmp_path):
    builder = make_builder(store=tmp_path / "packages")
    lock, identity = acquire(builder, base, report, "docopt==0.6.2\n")
    assert [package.kind for package in lock.packages] == ["sdist"]
    assert dict(builder.build(identity, lock, base, report).installed) == {"docopt": "0.6.2"}
    assert [path.name for path in (tmp_path / "packages").rglob("*.whl")] == ["docopt-0.6.2-py2.py3-none-any.whl"]


C_SOURCE = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "weles_c_test", NULL, -1, methods};
PyMODINIT_FUNC PyInit_weles_c_test(void) { return PyModule_Create(&module); }
"""


def c_extension(folder):
    """A source distribution that only a compiler can make something of."""
    files = {
        "setup.py": "from setuptools import Extension, setup\n"
        "setup(name='weles-c-test', version='1.0', ext_modules=[Extension('weles_c_test', ['module.c'])])\n",
        "module.c": C_SOURCE,
        "PKG-INFO": "Metadata-Version: 2.1\nName: weles-c-test\nVersion: 1.0\n",
    }
    with tarfile.open(folder / "weles_c_test-1.0.tar.gz", "w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"weles_c_test-1.0/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))


def test_c_is_compiled_where_there_are_compilers_and_the_image_has_none(
    engine, make_builder, base, report, tmp_path, monkeypatch
):
    # As on a machine that has compiled nothing yet: it is tried without compilers first.
    monkeypatch.setattr("builders.fetching.dev_base", lambda client, base: None)
    links = tmp_path / "links"
    links.mkdir()
    c_extension(links)
    host = SiteSettings.from_host()
    site = dataclasses.replace(host, find_links=(*host.find_links, str(links)))
    builder = make_builder(store=tmp_path / "packages", site=site, timeout=600)
    lock, identity = acquire(builder, base, report, "weles-c-test==1.0\n")
    assert [package.kind for package in lock.packages] == ["sdist"]
    assert "compiling weles-c-test again, with compilers" in report.lines
    assert builder.missing(lock) == Missing((), ())
    image = builder.build(identity, lock, base, report)
    python = f"{ENVIRONMENT}/bin/python"
    assert run(engine, image.image_id, python, "-c", "import weles_c_test as c; print(c.answer())") == "42\n"
    look = (
        "import shutil; print([each for each in ('gcc', 'cc', 'g++', 'gfortran', 'make', 'ld') if shutil.which(each)])"
    )
    assert run(engine, image.image_id, python, "-c", look) == "[]\n"
    layers = engine.images.get(image.image_id).attrs["RootFS"]["Layers"]
    compilers = engine.images.get(dev_image(base)).attrs["RootFS"]["Layers"]
    assert not set(layers) & set(compilers)


def test_a_version_that_does_not_exist_is_diagnosed_with_the_nearest(engine, lake_name, make_builder, base, report):
    spec = parse_requirements("joblib==1.4.2\nscikit-learn==1.5.99\n", version="3.11").spec
    with pytest.raises(BuildFailed) as caught:
        make_builder().resolve(spec, base, report)
    diagnosis = caught.value.diagnosis
    assert (diagnosis.package, diagnosis.cause) == ("scikit-learn", "no-such-version")
    assert "nearest 1.5.2" in diagnosis.summary
    assert leftovers(engine, lake_name) == []


def test_a_freeze_that_contradicts_itself_is_installed_as_it_is(make_builder, base, report):
    spec = parse_requirements("pandas==2.2.2\nnumpy==1.21.6\n", version="3.11").spec
    resolution = make_builder().resolve(spec, base, report)
    assert [(each.name, each.version) for each in resolution.lock.packages] == [
        ("numpy", "1.21.6"),
        ("pandas", "2.2.2"),
    ]
    (repair,) = resolution.repairs
    assert "contradicts itself" in repair.reason


def test_an_id_that_is_not_the_locks_is_refused(make_builder, base, report):
    with pytest.raises(ValueError, match="is not this one"):
        make_builder().build("sha256:" + "0" * 64, Lock("python", base.version, "linux/x86_64", ()), base, report)


def test_a_container_over_its_time_is_killed_and_removed(engine, lake_name, base):
    with throw_away(
        engine, image=base.image, command=("sleep", "60"), lake=lake_name, role="fetch", network=False
    ) as container:
        finished = container.run(Watch(1))
    assert finished.timed_out
    assert finished.exit_code != 0
    assert leftovers(engine, lake_name) == []


def test_a_container_is_removed_when_python_is_interrupted(engine, lake_name, base):
    with (
        pytest.raises(KeyboardInterrupt),
        throw_away(engine, image=base.image, command=("true",), lake=lake_name, role="fetch", network=False),
    ):
        raise KeyboardInterrupt
    assert leftovers(engine, lake_name) == []


def test_what_a_killed_worker_left_is_removed_by_its_label(engine, lake_name, make_builder, base):
    program = (
        "import docker, os, signal\n"
        "from builders.throwaway import throw_away\n"
        f"with throw_away(docker.from_env(), image={base.image!r}, command=('sleep', '60'), lake={lake_name!r},\n"
        "                role='fetch', network=False) as container:\n"
        "    container.client.api.start(container.id)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    assert len(leftovers(engine, lake_name)) == 1
    assert make_builder().remove_leftovers() == 1
    assert leftovers(engine, lake_name) == []


def test_a_build_over_its_time_is_a_diagnosis(make_builder, base, report):
    lock, identity = acquire(make_builder(), base, report)
    with pytest.raises(BuildFailed) as caught:
        make_builder(timeout=0.01).build(identity, lock, base, report)
    assert caught.value.diagnosis.cause == "timeout"


SECRETS = ("Zq7-index-password", "Zq7-proxy-password", "Zq7-certificate-of-the-site", "Zq7-find-links")


@pytest.fixture
def secretive_site(private_index, tmp_path):
    """The host's own settings, with a mark in everything that could leak."""
    host = SiteSettings.from_host()
    bundle, links = tmp_path / "ca.crt", tmp_path / SECRETS[3]
    bundle.write_text(f"{host.ca_bundle.read_text() if host.ca_bundle else ''}\n# {SECRETS[2]}\n")
    links.mkdir()
    address = private_index.address(f"reader:{SECRETS[0]}")
    no_proxy = f"{host.proxies.get('no_proxy', 'localhost')},{private_index.host},{SECRETS[1]}"
    return dataclasses.replace(
        host,
        ca_bundle=bundle,
        proxies={**host.proxies, "no_proxy": no_proxy},
        extra_index_urls=(*host.extra_index_urls, address),
        find_links=(*host.find_links, str(links)),
    )


def test_a_private_index_is_used_and_no_secret_of_the_site_is_in_an_image(
    engine, make_builder, base, report, tmp_path, secretive_site, private_index
):
    builder = make_builder(store=tmp_path / "packages", site=secretive_site)
    lock, identity = acquire(builder, base, report, "joblib==1.4.2\ndocopt==0.6.2\nweles-private-probe==1.0\n")
    # That index does not say how large its files are.
    assert all(package.file.size > 0 for package in lock.packages)
    built = builder.build(identity, lock, base, report)
    assert built.installed["weles-private-probe"] == "1.0"
    assert any(path.endswith(".whl") for path in private_index.served)

    described = json.dumps([engine.api.history(built.tag), engine.api.inspect_image(built.tag)])
    assert [secret for secret in SECRETS if secret in described + "\n".join(report.lines)] == []
    assert "proxy" not in described.lower()
    found, looked_at = search(engine, built.tag, SECRETS)
    assert found == []
    assert looked_at > 1000


def test_the_search_for_secrets_would_find_one(engine, lake_name, base):
    container = engine.containers.create(base.image, ["true"], labels={"weles": lake_name})
    spool = io.BytesIO()
    with tarfile.open(fileobj=spool, mode="w") as tar:
        entry = tarfile.TarInfo("leak")
        entry.size = len(SECRETS[0])
        tar.addfile(entry, io.BytesIO(SECRETS[0].encode()))
    container.put_archive("/", spool.getvalue())
    leaky = container.commit(conf={"Labels": {"weles": lake_name}})
    assert search(engine, leaky.id, SECRETS)[0] == ["leak"]
