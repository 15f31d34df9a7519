"""R session → image on the real engine, with CRAN's own packages from a repository of this machine."""

import dataclasses
import json

import pytest
from images import leftovers, run, search
from small_cran import write_repository

from builders.errors import BuilderUnavailable, BuildFailed
from builders.identity import RECIPE_NAMES, environment_id
from builders.lock import Lock
from builders.packages import PackageMissing
from builders.parse import parse_environment
from builders.site import SiteSettings

pytestmark = pytest.mark.docker

FOREST = "randomForest==4.7-1.2  cran", "jsonlite==1.8.4  cran", "MASS==7.3-58.2  recommended", "stats==4.2.2  base"


def resolve(builder, base, report, *lines):
    spec = parse_environment("r", "\n".join(["# weles-r 1", *lines]), version="4.2.2").spec
    return builder.resolve(spec, base, report)


def acquire(builder, base, report, *lines):
    resolution = resolve(builder, base, report, *lines)
    builder.fetch(resolution, base, report)
    return resolution.lock, environment_id(resolution.lock, base, builder.recipe("r"))


def rscript(engine, image, program):
    return engine.containers.run(
        image,
        entrypoint="Rscript",
        command=["--vanilla", "-e", program, "-e", "cat('\\n')"],
        remove=True,
        network_mode="none",
        read_only=True,
        tmpfs={"/tmp": ""},
    ).decode()


def versions(lock):
    return {package.name: package.version for package in lock.packages}


def test_from_a_session_to_an_image_that_runs(engine, lake_name, make_r_builder, r_base, report):
    builder = make_r_builder()
    lock, identity = acquire(builder, r_base, report, *FOREST)
    # jsonlite 1.8.4 is only in the archive.
    assert versions(lock) == {"jsonlite": "1.8.4", "randomForest": "4.7-1.2"}
    built = builder.build(identity, lock, r_base, report)
    assert dict(built.installed) == {"jsonlite": "1.8.4", "randomForest": "4.7-1.2"}

    program = (
        "library(randomForest); set.seed(1); forest <- randomForest(Species ~ ., iris, ntree = 20); "
        "cat(as.character(predict(forest, iris[51, ])), as.character(packageVersion('jsonlite')))"
    )
    assert rscript(engine, built.tag, program).splitlines()[-1] == "versicolor 1.8.4"
    hello = engine.containers.run(built.tag, remove=True, network_mode="none", read_only=True, tmpfs={"/tmp": ""})
    assert hello == b"hello from the runtime\n"
    assert run(engine, built.tag, "/usr/bin/id", "-u") == "65534\n"

    labels = engine.images.get(built.tag).labels
    assert labels["weles"] == lake_name
    assert labels["weles.environment"] == identity
    assert labels["weles.recipe"] == RECIPE_NAMES["r"]
    assert Lock.from_json(json.loads(labels["weles.lock"])) == lock
    assert "://" not in labels["weles.lock"]

    find = "for name in gcc cc g++ gfortran make; do command -v $name; done; ls /mnt /media /tmp"
    found = run(engine, built.tag, "/bin/sh", "-c", f"({find}) 2>/dev/null; true")
    assert sorted(found.split()) == ["/media:", "/mnt:", "/tmp:"]
    assert {name for name, _, _ in report.phases} == {"resolve", "fetch", "build"}
    assert all(0 <= fraction <= 1 for _, fraction, _ in report.phases)
    assert any(detail.startswith("compiling randomForest 4.7-1.2") for _, _, detail in report.phases)
    assert leftovers(engine, lake_name) == []


def test_an_image_can_be_made_again_with_every_network_off(make_r_builder, r_base, report):
    lock, identity = acquire(make_r_builder(), r_base, report, "jsonlite==1.9.1  cran")
    offline = make_r_builder("http://127.0.0.1:9")
    first = offline.build(identity, lock, r_base, report)
    offline.remove(identity)
    assert (
        dict(offline.build(identity, lock, r_base, report).installed) == dict(first.installed) == {"jsonlite": "1.9.1"}
    )


def test_what_is_compiled_is_not_compiled_again(make_r_builder, r_base, report, monkeypatch):
    builder = make_r_builder()
    resolution = resolve(builder, r_base, report, "jsonlite==1.9.1  cran")
    builder.fetch(resolution, r_base, report)
    monkeypatch.setattr("builders.workshop.throw_away", pytest.fail)
    builder.fetch(resolution, r_base, report)


def test_dependencies_are_completed_and_those_of_the_interpreter_are_its_own(make_r_builder, r_base, report):
    lock = resolve(make_r_builder(), r_base, report, "e1071==1.7-16  cran").lock
    assert versions(lock) == {"e1071": "1.7-16", "proxy": "0.4-27"}
    (e1071,) = (package for package in lock.packages if package.name == "e1071")
    assert e1071.needs == ("proxy",)


def test_a_recommended_package_can_be_pinned_to_another_version_than_the_interpreters(make_r_builder, r_base, report):
    assert versions(resolve(make_r_builder(), r_base, report, "rpart==4.1.24  cran").lock) == {"rpart": "4.1.24"}


def test_libraries_of_the_system_come_into_the_image_and_their_headers_do_not(engine, make_r_builder, r_base, report):
    builder = make_r_builder()
    lock, identity = acquire(builder, r_base, report, "xml2==1.3.3  cran")
    assert "libxml2" in {each.name for each in lock.libraries}
    assert not [each.name for each in lock.libraries if each.name.endswith("-dev")]
    built = builder.build(identity, lock, r_base, report)
    program = "cat(xml2::xml_text(xml2::read_xml('<a>read by libxml2</a>')))"
    assert rscript(engine, built.tag, program) == "read by libxml2\n"
    listed = run(engine, built.tag, "/usr/bin/dpkg-query", "-W", "-f", "${Package}\\n")
    assert "libxml2" in listed.split()
    assert not [name for name in listed.split() if name.endswith("-dev")]


def test_what_a_package_does_not_declare_well_is_found_at_debians_own_package_of_it(
    make_r_builder, r_base, report, tmp_path
):
    unclear = ("xml2", "9.9", {"SystemRequirements": "something that reads documents"}, {})
    folder = write_repository(tmp_path / "unclear", unclear)
    resolution = resolve(make_r_builder(folder), r_base, report, "xml2==9.9  cran")
    assert "libxml2-dev" in {each.name for each in resolution.tools}
    assert "libxml2" in {each.name for each in resolution.lock.libraries}


def test_a_store_that_lost_a_library_is_said(make_r_builder, r_base, report, tmp_path):
    builder = make_r_builder(store=tmp_path / "packages")
    resolution = resolve(builder, r_base, report, "xml2==1.3.3  cran")
    for path in (tmp_path / "packages").rglob("libxml2.deb"):
        path.unlink()
    with pytest.raises(PackageMissing, match="libxml2"):
        builder.fetch(resolution, r_base, report)


SECRETS = ("Zq7-cran-password", "Zq7-certificate-of-the-site")


def test_a_private_repository_over_http_is_used_and_no_secret_of_the_site_is_in_an_image(
    engine, make_builder, r_base, report, tmp_path, private_cran
):
    host = SiteSettings.from_host()
    bundle = tmp_path / "ca.crt"
    bundle.write_text(f"{host.ca_bundle.read_text() if host.ca_bundle else ''}\n# {SECRETS[1]}\n")
    no_proxy = f"{host.proxies.get('no_proxy', 'localhost')},{private_cran.host}"
    site = dataclasses.replace(
        host,
        ca_bundle=bundle,
        proxies={**host.proxies, "no_proxy": no_proxy},
        cran=(private_cran.address(f"reader:{SECRETS[0]}"),),
    )
    builder = make_builder(store=tmp_path / "packages", site=site)
    lock, identity = acquire(builder, r_base, report, "jsonlite==1.8.4  cran", "proxy==0.4-27  cran")
    built = builder.build(identity, lock, r_base, report)
    assert dict(built.installed) == {"jsonlite": "1.8.4", "proxy": "0.4-27"}
    assert "/src/contrib/Archive/jsonlite/jsonlite_1.8.4.tar.gz" in private_cran.served

    described = json.dumps([engine.api.history(built.tag), engine.api.inspect_image(built.tag)])
    assert [secret for secret in SECRETS if secret in described + "\n".join(report.lines)] == []
    found, looked_at = search(engine, built.tag, SECRETS)
    assert found == []
    assert looked_at > 1000

    with pytest.raises(BuildFailed) as caught:
        resolve(builder, r_base, report, "jsonlite==1.8.5  cran")
    assert "nearest 1.8.4, newest 1.9.1" in caught.value.diagnosis.summary


def test_wrong_credentials_are_the_lakes_fault(make_r_builder, r_base, report, private_cran):
    with pytest.raises(BuilderUnavailable, match="credentials in WELES_CRAN") as caught:
        resolve(make_r_builder(private_cran.address("reader:wrong")), r_base, report, "jsonlite==1.8.4  cran")
    assert "reader:wrong" not in str(caught.value)


@pytest.mark.parametrize("repository", ["http://127.0.0.1:9", "/no/such/folder"])
def test_a_repository_that_cannot_be_reached_is_the_lakes_fault(make_r_builder, r_base, report, repository):
    with pytest.raises(BuilderUnavailable, match="WELES_CRAN"):
        resolve(make_r_builder(repository), r_base, report, "jsonlite==1.8.4  cran")


@pytest.mark.parametrize(
    ("line", "cause", "said"),
    [
        ("jsonlite==1.8.5  cran", "no-such-version", "jsonlite 1.8.5 does not exist"),
        ("jsonlite==1.8.5  cran", "no-such-version", "nearest 1.8.4, newest 1.9.1"),
        ("jsonlite==0.1.0  cran", "no-such-version", "nearest 1.8.4"),
        ("limma==3.54.0  bioconductor", "no-such-package", "There is no package limma"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(engine, lake_name, make_r_builder, r_base, report, line, cause, said):
    with pytest.raises(BuildFailed) as caught:
        resolve(make_r_builder(), r_base, report, line)
    assert caught.value.diagnosis.cause == cause
    assert caught.value.diagnosis.package == line.partition("=")[0]
    assert said in caught.value.diagnosis.summary
    assert leftovers(engine, lake_name) == []


NATIVE = "#include <R.h>\n#include <{header}>\nvoid f(void) {{}}\n"


@pytest.fixture
def broken(tmp_path, cran):
    """Packages that cannot be had, each in its own way, beside the mirror."""
    folder = write_repository(
        tmp_path / "broken",
        ("needsheader", "1.0", {"NeedsCompilation": "yes"}, {"src/f.c": NATIVE.format(header="git2.h")}),
        ("syntaxerror", "1.0", {}, {"R/code.R": "value <- (1\n"}),
        ("needsnewr", "1.0", {"Depends": "R (>= 9.1)"}, {}),
        ("needsmore", "1.0", {"Imports": "jsonlite (>= 1.9)"}, {}),
        ("needsnothing", "1.0", {"Imports": "notthere (>= 2.0)"}, {}),
        ("links", "1.0", {"LinkingTo": "headers"}, {"src/f.c": NATIVE.format(header="weles_headers.h")}),
        ("headers", "1.0", {}, {"inst/include/weles_headers.h": "#define WELES 1\n"}),
    )
    return (cran, folder)


def test_a_compilation_that_fails_names_the_package_the_first_error_and_the_library(
    engine, lake_name, make_r_builder, r_base, report, broken
):
    builder = make_r_builder(*broken)
    with pytest.raises(BuildFailed) as caught:
        acquire(builder, r_base, report, "needsheader==1.0  cran", "proxy==0.4-27  cran")
    diagnosis = caught.value.diagnosis
    assert (diagnosis.phase, diagnosis.package, diagnosis.cause) == ("fetch", "needsheader", "compile-failed")
    assert "fatal error: git2.h: No such file or directory" in diagnosis.line
    assert "libgit2-dev" in diagnosis.summary
    assert "needsheader" in caught.value.log_tail
    assert leftovers(engine, lake_name) == []


def test_an_error_in_rs_own_code_is_quoted(make_r_builder, r_base, report, broken):
    with pytest.raises(BuildFailed) as caught:
        acquire(make_r_builder(*broken), r_base, report, "syntaxerror==1.0  cran")
    assert caught.value.diagnosis.package == "syntaxerror"
    assert "unexpected end of input" in caught.value.diagnosis.line


@pytest.mark.parametrize(
    ("lines", "cause", "said"),
    [
        (["needsnewr==1.0  cran"], "wrong-r", "needs R >= 9.1"),
        (
            ["needsmore==1.0  cran", "jsonlite==1.8.4  cran"],
            "contradiction",
            "needsmore 1.0 needs jsonlite (>= 1.9), but jsonlite 1.8.4 is pinned",
        ),
        (["needsnothing==1.0  cran"], "contradiction", "needsnothing 1.0 needs notthere (>= 2.0)"),
    ],
)
def test_what_does_not_go_together_is_said(make_r_builder, r_base, report, broken, lines, cause, said):
    with pytest.raises(BuildFailed) as caught:
        resolve(make_r_builder(*broken), r_base, report, *lines)
    assert caught.value.diagnosis.cause == cause
    assert said in caught.value.diagnosis.summary


def test_a_package_is_compiled_against_the_headers_of_others(engine, make_r_builder, r_base, report, broken):
    builder = make_r_builder(*broken)
    lock, identity = acquire(builder, r_base, report, "links==1.0  cran")
    assert {package.name: package.links for package in lock.packages} == {"headers": (), "links": ("headers",)}
    built = builder.build(identity, lock, r_base, report)
    assert rscript(engine, built.tag, "cat(links:::value)") == "1\n"


def test_a_session_without_packages_is_an_image_of_base_r(engine, make_r_builder, r_base, report):
    builder = make_r_builder("http://127.0.0.1:9")
    lock, identity = acquire(builder, r_base, report, "stats==4.2.2  base", "rpart==4.1.19  recommended")
    built = builder.build(identity, lock, r_base, report)
    assert dict(built.installed) == {}
    assert rscript(engine, built.tag, "library(rpart); cat(class(lm(dist ~ speed, cars)))") == "lm\n"
