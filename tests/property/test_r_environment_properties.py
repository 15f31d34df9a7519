"""Whatever is sent as an R environment: an answer or InvalidSpec, and documents that survive."""

import dataclasses
import json
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from builders.bases import Base
from builders.errors import InvalidSpec
from builders.identity import Recipe, environment_id, spec_digest
from builders.lock import Lock, LockedPackage, PackageFile
from builders.parse import parse_environment
from builders.r.compiler import compile_order
from builders.r.dockerfile import render_r
from builders.r.pins import RPin
from builders.spec import EnvironmentSpec

names = st.from_regex(r"[A-Za-z][A-Za-z0-9.]{0,20}[A-Za-z0-9]", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,4}([.-][0-9]{1,4}){1,3}", fullmatch=True)
sources = st.sampled_from(["cran", "bioconductor"])
forms = st.sampled_from(
    ["# weles-r 1\n", "{", '{"Packages": {', "R version 4.2.2\nother attached packages:\n", "Package: ", ""]
)

BASE = Base("r", "4.2.2", "weles-base/r:4.2.2", "sha256:" + "1" * 64)
RECIPE = Recipe("r/2", "sha256:" + "2" * 64)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def sources_of_packages(draw):
    name, version = draw(names), draw(versions)
    file = PackageFile(f"{name}_{version}.tar.gz", draw(hashes), draw(st.integers(0, 10**8)))
    return LockedPackage(name, version, file, "r-source")


@st.composite
def debian_packages(draw):
    name = draw(st.from_regex(r"lib[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True))
    version = draw(st.from_regex(r"([0-9]:)?[0-9]{1,2}\.[0-9]{1,2}(\+dfsg)?-[0-9](~deb12u[0-9])?", fullmatch=True))
    return LockedPackage(name, version, PackageFile(f"{name}.deb", draw(hashes), draw(st.integers(0, 10**8))), "deb")


def unique(packages):
    return st.lists(packages, max_size=5, unique_by=lambda package: package.name).map(tuple)


locks = st.builds(
    Lock,
    st.just("r"),
    st.just("4.2.2"),
    st.just("linux/x86_64"),
    unique(sources_of_packages()),
    unique(debian_packages()),
)


@given(locks)
def test_a_lock_is_the_same_after_json(lock):
    assert Lock.from_json(json.loads(json.dumps(lock.to_json()))) == lock


@given(locks.filter(lambda lock: lock.packages and lock.libraries), hashes, st.data())
def test_order_never_changes_an_environment_id_and_any_other_content_does(lock, sha, data):
    shuffled = dataclasses.replace(lock, packages=tuple(data.draw(st.permutations(lock.packages))))
    assert environment_id(shuffled, BASE, RECIPE) == environment_id(lock, BASE, RECIPE)
    library = lock.libraries[0]
    assume(library.file.sha256 != sha)
    changed = dataclasses.replace(library, file=dataclasses.replace(library.file, sha256=sha))
    ids = {
        environment_id(lock, BASE, RECIPE),
        environment_id(dataclasses.replace(lock, packages=lock.packages[1:]), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, libraries=lock.libraries[1:]), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, libraries=(changed, *lock.libraries[1:])), BASE, RECIPE),
        environment_id(dataclasses.replace(lock, version="4.2.3"), BASE, RECIPE),
        environment_id(lock, BASE, dataclasses.replace(RECIPE, name="r/next")),
    }
    assert len(ids) == 6


@given(names, versions, versions)
def test_a_changed_version_or_source_of_a_pin_changes_the_digest(name, version, other):
    assume(version != other)
    changed = [RPin(name, version), RPin(name, other), RPin(name, version, "bioconductor")]
    assert len({spec_digest(EnvironmentSpec("r", "4.2", (pin,))) for pin in changed}) == 3


LINE = re.compile(
    r"|# [ -~]+|FROM [a-z0-9./:-]+|USER [0-9:]+|WORKDIR /|CMD \[\]|ENV LANG=C\.UTF-8 R_LIBS_SITE=/opt/weles/library"
    r"|RUN mkdir -p /opt/weles/library|RUN --mount=type=bind,source=[A-Za-z0-9./-]+,target=/media \\"
    r"|    dpkg --install /media/\*\.deb && rm -rf /var/log/dpkg\.log"
    r'|    for file in /media/\*\.tar\.gz; do tar -xzf "\$file" -C /opt/weles/library --no-same-owner \|\| exit 1; done'
    r"|COPY runtime/ /opt/weles/runtime/|RUN Rscript --vanilla /opt/weles/runtime/compile\.R >/dev/null"
    r'|ENTRYPOINT \["/bin/sh", "/opt/weles/runtime/start\.sh"\]'
)


@given(locks)
def test_a_dockerfile_has_no_line_but_those_that_are_known(lock):
    text = render_r(lock, BASE, RECIPE)
    assert text == render_r(Lock.from_json(lock.to_json()), BASE, RECIPE)
    assert [line for line in text.split("\n") if LINE.fullmatch(line) is None] == []


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
