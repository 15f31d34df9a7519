"""What packages of CRAN write into SystemRequirements, and what it stands for."""

import pytest

from builders.r.system_libraries import is_met, package_with_header, package_with_library, wanted_packages


@pytest.mark.parametrize(
    "text",
    ["", "C++11", "C++17", "GNU make", "C++11, GNU make", "C++", "pandoc (>= 1.14)", "GNU make; C++17", "fortran 95"],
)
def test_nothing_is_wanted_beyond_a_compiler(text):
    assert is_met(text)
    assert wanted_packages([text]) == []


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("libxml2: libxml2-dev (deb), libxml2-devel (rpm)", ["libxml2-dev"]),
        ("libcurl: libcurl-devel (rpm) or libcurl4-openssl-dev (deb).", ["libcurl4-openssl-dev"]),
        ("OpenSSL >= 1.0.2", ["libssl-dev"]),
        (
            "GDAL (>= 2.0.1), GEOS (>= 3.4.0), PROJ (>= 4.8.0), sqlite3",
            ["libgdal-dev", "libgeos-dev", "libproj-dev", "libsqlite3-dev"],
        ),
        ("gmp (>= 4.2.3), mpfr (>= 3.0.0)", ["libgmp-dev", "libmpfr-dev"]),
        ("freetype2, libpng, libtiff, libjpeg", ["libfreetype-dev", "libjpeg-dev", "libpng-dev", "libtiff-dev"]),
        ("ICU4C (>= 61, optional)", ["libicu-dev"]),
        ("Cargo (Rust's package manager), rustc", ["cargo"]),
        ("a crystal ball", []),
    ],
)
def test_what_is_wanted(text, packages):
    assert not is_met(text)
    assert wanted_packages([text, "C++11"]) == packages


def test_missed_headers_and_libraries_name_their_package():
    assert package_with_header("libxml/parser.h") == "libxml2-dev"
    assert package_with_header("curl/curl.h") == "libcurl4-openssl-dev"
    assert package_with_header("mine.h") is None
    assert package_with_library("xml2") == "libxml2-dev"
    assert package_with_library("z") is None or package_with_library("z") == "zlib1g-dev"
    assert package_with_library("nothing") is None
