"""Every form in which an R session can be described, and what is said of what cannot be used."""

import json

import pytest

from builders.errors import InvalidSpec
from builders.parse import parse_environment
from builders.r.pins import RPin
from builders.spec import EnvironmentSpec

SESSION_INFO = """R version 4.2.2 (2022-10-31)
Platform: x86_64-pc-linux-gnu (64-bit)
Running under: Debian GNU/Linux 12 (bookworm)

Matrix products: default
BLAS:   /usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0

locale:
 [1] LC_CTYPE=en_US.UTF-8       LC_NUMERIC=C

attached base packages:
[1] stats     graphics  grDevices utils     datasets  methods   base

other attached packages:
[1] randomForest_4.7-1.1 data.table_1.14.8

loaded via a namespace (and not attached):
[1] compiler_4.2.2 jsonlite_1.8.4
[3] lattice_0.20-45
"""

RENV_LOCK = {
    "R": {"Version": "4.2.2", "Repositories": [{"Name": "CRAN", "URL": "somewhere"}]},
    "Packages": {
        "jsonlite": {"Package": "jsonlite", "Version": "1.8.4", "Source": "Repository", "Repository": "CRAN"},
        "limma": {"Package": "limma", "Version": "3.54.0", "Source": "Bioconductor"},
        "Matrix": {"Package": "Matrix", "Version": "1.5-3", "Source": "Repository", "Repository": "CRAN"},
    },
}

DESCRIPTIONS = """Package: jsonlite
Version: 1.8.4
Title: A Simple and Robust JSON Parser
Authors@R: c(person("Jeroen", "Ooms"),
    person("Duncan", "Temple Lang"))
Repository: CRAN

Package: limma
Version: 3.54.0
biocViews: ExonArray

Package: MASS
Priority: recommended
Version: 7.3-58.2
Package: proxy
Version: 0.4-27
Repository: RSPM
"""


def parse(text, version="4.2.2"):
    return parse_environment("r", text, version=version)


def client(*lines):
    return "\n".join(["# weles-r 1", *lines])


def problems(text, version="4.2.2"):
    with pytest.raises(InvalidSpec) as caught:
        parse(text, version)
    return [(each.line, each.reason) for each in caught.value.problems]


def pins(parsed):
    return [(pin.name, pin.version, pin.source) for pin in parsed.spec.pins]


def test_the_lines_of_the_client():
    lines = (
        "randomForest==4.7-1.1  cran",
        "limma==3.54.0  bioconductor",
        "",
        "MASS==7.3-58.2  recommended",
        "stats==4.2.2  base",
        "weles==0.1.0  local",
    )
    parsed = parse(client(*lines))
    assert pins(parsed) == [("limma", "3.54.0", "bioconductor"), ("randomForest", "4.7-1.1", "cran")]
    assert [(repair.line, repair.action) for repair in parsed.repairs] == [
        (5, "dropped"),
        (6, "dropped"),
        (7, "dropped"),
    ]
    assert "comes with R" in parsed.repairs[0].reason
    assert "part of R itself" in parsed.repairs[1].reason
    assert "the lake's client" in parsed.repairs[2].reason


def test_session_info():
    parsed = parse(SESSION_INFO)
    assert pins(parsed) == [
        ("data.table", "1.14.8", "cran"),
        ("jsonlite", "1.8.4", "cran"),
        ("randomForest", "4.7-1.1", "cran"),
    ]
    assert [repair.text for repair in parsed.repairs] == ["compiler_4.2.2", "lattice_0.20-45"]


def test_renv_lock():
    text = json.dumps(RENV_LOCK, indent=2)
    parsed = parse(text)
    assert pins(parsed) == [("jsonlite", "1.8.4", "cran"), ("limma", "3.54.0", "bioconductor")]
    (repair,) = parsed.repairs
    assert (repair.line, repair.text) == (text.splitlines().index('    "Matrix": {') + 1, "Matrix 1.5-3")


def test_texts_of_descriptions():
    parsed = parse(DESCRIPTIONS)
    assert pins(parsed) == [
        ("jsonlite", "1.8.4", "cran"),
        ("limma", "3.54.0", "bioconductor"),
        ("proxy", "0.4-27", "cran"),
    ]
    assert [(repair.line, repair.text) for repair in parsed.repairs] == [(12, "Package: MASS")]


def test_order_case_of_the_form_and_blank_lines_do_not_change_the_specification():
    first = parse(client("b2==1.0  cran", "a1==1.0  cran")).spec
    assert parse("\ufeff# weles-r 1\r\n\r\na1==1.0  cran\r\nb2==1.0\tcran\r\n").spec == first


def test_a_specification_survives_its_document():
    spec = parse(client("jsonlite==1.8.4  cran")).spec
    document = spec.to_json()
    assert document == {
        "language": "r",
        "version": "4.2.2",
        "pins": [{"name": "jsonlite", "version": "1.8.4", "source": "cran"}],
    }
    assert EnvironmentSpec.from_json(json.loads(json.dumps(document))) == spec


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mine==1.0  github:me/mine@abc123", "mine was installed from github (me/mine@abc123)"),
        ("mine==1.0  local", "mine was installed from a folder or file of your machine"),
        ("mine==1.0  unknown", "it is not known where mine came from"),
        ("mine==1.0  ftp", "the source 'ftp' is not known: use cran or bioconductor"),
        ("mine==new  cran", "'new' is not a version of an R package"),
        ("mine==1  cran", "'1' is not a version of an R package"),
        ("2mine==1.0  cran", "'2mine' is not the name of an R package"),
        ("-e==1.0  cran", "'-e' is not the name of an R package"),
        ("mine 1.0 cran", "write it as `name==version  source`"),
        ("mine==1.0", "write it as `name==version  source`"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line, said):
    ((number, reason),) = problems(client("jsonlite==1.8.4  cran", line))
    assert number == 3
    assert said in reason


def test_what_to_do_about_a_package_that_is_nowhere_is_said():
    ((_, reason),) = problems(client("mine==1.0  github:me/mine@abc123"))
    assert 'install.packages("mine")' in reason
    assert "WELES_CRAN" in reason


@pytest.mark.parametrize(
    "fields",
    [
        {"RemoteType": "github", "RemoteUsername": "me", "RemoteRepo": "mine", "RemoteSha": "abc"},
        {"Source": "GitHub", "RemoteUsername": "me", "RemoteRepo": "mine", "RemoteSha": "abc"},
    ],
)
def test_a_remote_of_an_renv_lock_is_refused_by_its_name(fields):
    lock = {"R": {}, "Packages": {"mine": {"Package": "mine", "Version": "1.0", **fields}}}
    ((_, reason),) = problems(json.dumps(lock))
    assert "mine was installed from github (me/mine@abc)" in reason


def test_every_line_is_named_at_once():
    found = problems(client("a1==1.0  local", "b2==1.0  cran", "c3==1.0  unknown"))
    assert [line for line, _ in found] == [2, 4]


def test_two_versions_of_one_package_contradict_each_other_and_two_spellings_of_one_do_not():
    ((line, reason),) = problems(client("a1==1.0  cran", "a1==1.1  cran"))
    assert line == 3
    assert "contradicts line 2" in reason
    assert pins(parse(client("a1==1.0-1  cran", "a1==1.0.1  cran"))) == [("a1", "1.0-1", "cran")]


@pytest.mark.parametrize("text", ["", "numpy==1.26.4\n", "# weles-r 2\n", "what is this"])
def test_a_text_without_any_of_the_forms_says_which_there_are(text):
    ((line, reason),) = problems(text)
    assert line == 1
    assert "renv.lock" in reason


@pytest.mark.parametrize("text", ["{", "{}", '{"Packages": []}', '{"Packages": {"a": 1}}', "{" * 5000, "[" * 5])
def test_a_damaged_renv_lock_is_refused(text):
    with pytest.raises(InvalidSpec):
        parse(text)


@pytest.mark.parametrize("version", ["", "4", "4.x", "4.2.2.1", "4.2\n", "٤.٢"])
def test_a_version_of_r_that_is_none_is_refused(version):
    ((line, reason),) = problems(client(), version)
    assert line == 0
    assert "write it as 4.2 or 4.2.2" in reason


def test_a_language_that_is_not_known_names_those_that_are():
    with pytest.raises(InvalidSpec, match="python, r"):
        parse_environment("cobol", "", version="85")


def test_a_text_that_is_too_large_is_refused_as_a_whole():
    ((line, reason),) = problems(client(*["# nothing"] * 3000))
    assert line == 0
    assert "lines" in reason


@pytest.mark.parametrize("changes", [{"name": "a b"}, {"version": "1.0;x"}, {"source": "github"}, {"version": "1.0\n"}])
def test_a_forged_pin_cannot_be_made(changes):
    with pytest.raises(ValueError):
        RPin(**{"name": "jsonlite", "version": "1.8.4", "source": "cran", **changes})


@pytest.mark.parametrize("text", [json.dumps(RENV_LOCK), SESSION_INFO])
def test_what_is_of_another_r_is_refused_with_both_versions(text):
    assert parse(text, "4.2").spec.version == "4.2"
    assert problems(text, "4.5.0") == [
        (0, "this is for R 4.2.2, and the model's session is R 4.5.0: send that session's own")
    ]


@pytest.mark.parametrize("r", [None, {}, [], {"Version": None}, {"Version": "four"}])
def test_a_lock_without_a_version_of_r_is_read_and_one_of_nonsense_refused(r):
    text = json.dumps({**RENV_LOCK, "R": r})
    if isinstance(r, dict) and "Version" in r:
        assert [reason[:14] for _, reason in problems(text)] == ["this is for R "]
    else:
        assert len(parse(text).spec.pins) == 2
