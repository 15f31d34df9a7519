"""Locks of R environments: what decides their identity, in which order they are compiled, what can be taken again."""

import dataclasses
import itertools

import pytest

from builders.bases import Base
from builders.errors import BuildFailed
from builders.identity import Recipe, environment_id
from builders.lock import Lock, LockedPackage, PackageFile, Resolution
from builders.r.compiler import compile_order, variant
from builders.r.libraries import debian_package
from builders.r.resolve import parse_found

BASE = Base("r", "4.2.2", "weles-base/r:4.2.2", "sha256:" + "1" * 64)
RECIPE = Recipe("r/1", "sha256:" + "2" * 64)


def package(name, needs=(), links=(), sha="a"):
    file = PackageFile(f"{name}_1.0.tar.gz", sha * 64, 10)
    return LockedPackage(name, "1.0", file, "r-source", tuple(needs), tuple(links))


def library(name="libxml2", sha="d"):
    return LockedPackage(name, "2.9.14+dfsg-1.3~deb12u6", PackageFile(f"{name}.deb", sha * 64, 10), "deb")


def lock(*packages, libraries=()):
    return Lock("r", "4.2.2", "linux/x86_64", packages, tuple(libraries))


def test_a_resolution_survives_its_document():
    resolution = Resolution(
        lock(package("xml2", ["Rcpp"], ["Rcpp"]), package("Rcpp"), libraries=[library()]),
        {"a" * 64: "file:///somewhere"},
        tools=(library("libxml2-dev"),),
    )
    assert Resolution.from_json(resolution.to_json()) == resolution


def test_libraries_are_part_of_what_an_environment_is():
    bare, with_library = lock(package("xml2")), lock(package("xml2"), libraries=[library()])
    other_library = lock(package("xml2"), libraries=[library(sha="e")])
    ids = {environment_id(each, BASE, RECIPE) for each in (bare, with_library, other_library)}
    assert len(ids) == 3


def test_names_of_r_keep_their_case_and_nothing_else_is_let_in():
    assert package("data.table").name == "data.table"
    for name in ("a-b", "a b", "a_b", ".a", "a\n", "x"):
        with pytest.raises(ValueError):
            package(name)
    with pytest.raises(ValueError):
        package("fine", ["not fine"])
    with pytest.raises(ValueError):
        Lock("r", "4.2.2", "linux/x86_64", (), (package("xml2"),))


def test_what_is_needed_comes_first_whatever_the_names_are():
    packages = [package("aa", ["mm"]), package("mm", ["zz"]), package("zz"), package("bb", ["aa", "zz"])]
    for order in itertools.permutations(packages):
        names = [each.name for each in compile_order(lock(*order))]
        assert all(names.index(need) < names.index(each.name) for each in packages for need in each.needs)


def test_a_circle_is_said():
    with pytest.raises(BuildFailed, match="need each other") as caught:
        compile_order(lock(package("aa", ["bb"]), package("bb", ["aa"])))
    assert "aa" in caught.value.diagnosis.line


def test_a_binary_is_good_for_this_r_and_for_the_headers_that_it_saw():
    plain, linking = package("aa", ["bb"]), package("cc", ["bb"], ["bb"])
    first = lock(plain, linking, package("bb", sha="1"))
    second = lock(plain, linking, package("bb", sha="2"))
    assert variant(plain, first) == variant(plain, second) == "r-4.2.2"
    assert variant(linking, first) != variant(linking, second)
    assert variant(plain, dataclasses.replace(first, version="4.5.0")) == "r-4.5.0"


def test_the_resolvers_answer_is_read():
    line = "weles-package\txml2\t1.3.3\tfile:///c/xml2_1.3.3.tar.gz\tmethods Rcpp\tRcpp\tlibxml2: libxml2-dev (deb)"
    (found,) = parse_found(f"something else\n{line}\n".encode())
    assert (found.name, found.version, found.needs, found.links) == ("xml2", "1.3.3", ("methods", "Rcpp"), ("Rcpp",))
    assert found.system == "libxml2: libxml2-dev (deb)"
    assert found.filename == "xml2_1.3.3.tar.gz"


@pytest.mark.parametrize(
    "line",
    [
        "weles-package\txml2\t1.3.3",
        "weles-package\t../x\t1.3.3\tu\t\t\t",
        "weles-package\txml2\tnew\tu\t\t\t",
        "weles-package\txml2\t1.3.3\tu\t../../x\t\t",
    ],
)
def test_an_answer_that_is_none_is_refused(line):
    with pytest.raises(BuildFailed, match="cannot be locked"):
        parse_found(line.encode())


def test_names_of_debian_packages():
    assert debian_package("libxml2_2.9.14+dfsg-1.3~deb12u6_amd64.deb") == ("libxml2", "2.9.14+dfsg-1.3~deb12u6")
    assert debian_package("libgcc-s1_1%3a12.2.0-14_amd64.deb") == ("libgcc-s1", "1:12.2.0-14")
    for filename in ("libxml2.deb", "a_b_c_d.deb", "libxml2_1_amd64.rpm"):
        with pytest.raises(ValueError):
            debian_package(filename)
