"""Logs as R, gcc and apt write them → what a person is told."""

import time

import pytest

from builders.r.diagnosis import diagnose_r
from builders.r.installed import broken, parse_installed_r

INSTALLING = "* installing *source* package 'other' ...\n/x.c: error: of another package\n* DONE (other)\n"
FAILED = "ERROR: compilation failed for package 'sf'\nfailed to compile R package `sf==1.0-9`\n"


def compiled(log):
    return diagnose_r("fetch", f"{INSTALLING}* installing *source* package 'sf' ...\n{log}\n{FAILED}")


def test_a_missing_header_names_its_library():
    found = compiled("gcc -c x.c -o x.o\nx.c:1:10: fatal error: geos_c.h: No such file or directory\n    1 | #include")
    assert (found.phase, found.package, found.cause) == ("fetch", "sf", "compile-failed")
    assert found.line == "x.c:1:10: fatal error: geos_c.h: No such file or directory"
    assert "libgeos-dev" in found.summary
    assert "of another package" not in found.summary


def test_a_missing_library_at_linking():
    found = compiled("/usr/bin/ld: cannot find -lxml2: No such file or directory\ncollect2: error: ld returned 1")
    assert found.line.startswith("/usr/bin/ld: cannot find -lxml2")
    assert "libxml2-dev" in found.summary


def test_what_the_configure_script_says_comes_first():
    found = compiled(
        "Configuration failed because libcurl was not found. Try installing:\n * deb: libcurl4-openssl-dev (Debian)\n"
        "<stdin>:1:10: fatal error: curl/curl.h: No such file or directory\n"
    )
    assert "libcurl4-openssl-dev" in found.summary


def test_an_error_of_r_is_quoted_with_its_next_line():
    found = compiled("Error in parse(outFile) : \n  /tmp/x:2:0: unexpected end of input\n1: value <- (1\n   ^")
    assert found.line == "Error in parse(outFile) : /tmp/x:2:0: unexpected end of input"
    assert "suspected" not in found.summary


def test_a_package_that_downloads_while_it_is_installed_is_not_the_lakes_fault():
    found = compiled("Error in download.file(url, destfile) : \n  cannot open URL 'somewhere'")
    assert found.cause == "compile-failed"
    assert "downloads files while it is installed" in found.suggestion


@pytest.mark.parametrize(
    ("log", "cause", "package"),
    [
        (
            "there is no version of R package data.table==1.14.9 in the R repositories; nearest 1.14.8, newest 1.17.0",
            "no-such-version",
            "data.table",
        ),
        ("there is no package limma in the R repositories", "no-such-package", "limma"),
        ("R package Matrix==1.7-0 needs R >= 4.4.0, and this is R 4.2.2", "wrong-r", "Matrix"),
        ("lme4 1.1-35 needs Matrix (>= 1.6), but Matrix==1.5-3 is pinned", "contradiction", "Matrix"),
        (
            "lme4 1.1-35 needs Matrix (>= 1.6), and no version of it that fits R 4.0.4 is in the repositories",
            "contradiction",
            "Matrix",
        ),
        ("failed to fetch the index of a repository: cannot open URL 'x'", "network", None),
        ("failed to download `a==1`: HTTP status was '403 Forbidden'; cannot open URL 'x'", "unauthorised", None),
        ("SSL certificate problem: unable to get local issuer certificate; cannot open URL", "tls", None),
        ("E: Failed to fetch http://x/y.deb  401  Unauthorized", "unauthorised", None),
        ("no Debian mirror is known: set WELES_DEBIAN_MIRROR", "network", None),
        ("resolving took longer than 60 seconds and was ended", "timeout", None),
        ("cannot write: No space left on device", "disk-full", None),
        ("something else", "unknown", None),
    ],
)
def test_known_failures(log, cause, package):
    found = diagnose_r("resolve", log)
    assert (found.cause, found.package) == (cause, package)
    assert found.summary.endswith(".") or cause == "unknown"


def test_a_hostile_log_does_not_make_the_search_slow():
    began = time.monotonic()
    for text in ("a" * 60_000, "error: " * 9000, "needs " * 10_000, ("x" * 299 + "\n") * 200, "Error in " * 7000):
        diagnose_r("fetch", f"{text}\n{FAILED}")
    assert time.monotonic() - began < 5


def test_a_library_that_is_missing_in_the_image_is_named():
    found = broken(
        "cannot load `xml2`: unable to load shared object 'x': libxml2.so.2: cannot open shared object file\n"
    )
    assert (found.package, found.cause) == ("xml2", "broken")
    assert "libxml2.so.2" in found.suggestion
    assert broken("Killed").package is None


def test_the_images_answer_is_read_and_nothing_else():
    lines = ["hello", "weles-installed:\tdata.table\t1.14.8", "weles-installed:\t../x\t1.0", "weles-installed:"]
    assert parse_installed_r("\n".join([*lines, "weles-installed:\tzoo\tnew"]).encode()) == {"data.table": "1.14.8"}
