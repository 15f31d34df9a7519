"""Whatever is sent as an R environment: an answer or InvalidSpec, and documents that survive."""

import json

from hypothesis import given
from hypothesis import strategies as st

from builders.errors import InvalidSpec
from builders.lock import Lock, LockedPackage, PackageFile
from builders.parse import parse_environment
from builders.r.compiler import compile_order
from builders.spec import EnvironmentSpec

names = st.from_regex(r"[A-Za-z][A-Za-z0-9.]{0,20}[A-Za-z0-9]", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,4}([.-][0-9]{1,4}){1,3}", fullmatch=True)
sources = st.sampled_from(["cran", "bioconductor"])
forms = st.sampled_from(
    ["# weles-r 1\n", "{", '{"Packages": {', "R version 4.2.2\nother attached packages:\n", "Package: ", ""]
)


@given(forms, st.text(max_size=300))
def test_any_text_is_read_or_refused(form, text):
    try:
        parsed = parse_environment("r", form + text, version="4.2")
    except InvalidSpec:
        return
    assert EnvironmentSpec.from_json(json.loads(json.dumps(parsed.spec.to_json()))) == parsed.spec


@given(st.dictionaries(names, st.tuples(versions, sources), max_size=8), st.randoms())
def test_the_order_of_the_lines_does_not_matter(packages, random):
    lines = [f"{name}=={version}  {source}" for name, (version, source) in packages.items()]
    first = parse_environment("r", "\n".join(["# weles-r 1", *lines]), version="4.2").spec
    random.shuffle(lines)
    assert parse_environment("r", "\n".join(["# weles-r 1", *lines]), version="4.2").spec == first


@given(st.lists(st.sets(st.integers(0, 30), max_size=4), min_size=1, max_size=30))
def test_what_is_needed_is_always_compiled_first(needs):
    packages = tuple(
        LockedPackage(
            f"p{number}",
            "1.0",
            PackageFile(f"p{number}_1.0.tar.gz", "a" * 64, 1),
            "r-source",
            tuple(f"p{need}" for need in sorted(earlier) if need < number),
        )
        for number, earlier in enumerate(needs)
    )
    order = [package.name for package in compile_order(Lock("r", "4.2.2", "linux/x86_64", packages))]
    assert sorted(order) == sorted(package.name for package in packages)
    assert all(order.index(need) < order.index(package.name) for package in packages for need in package.needs)
