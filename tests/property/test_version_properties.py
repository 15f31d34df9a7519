"""What holds for every version's hash, and for every way to name a version."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.version_hash import version_hash
from registry.domain.version_ref import LATEST, VersionRef, is_alias

digests = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
texts = st.text(max_size=20)
fields = st.fixed_dictionaries({"name": texts, "type": st.sampled_from(["int64", "float64", "string"])})
contents = st.fixed_dictionaries(
    {
        "model": digests,
        "format": texts,
        "flavour": texts,
        "language": texts,
        "environment": digests,
        "dataset": st.none() | digests,
        "target": texts,
        "inputs": st.lists(fields, max_size=3),
    }
)


@given(contents)
def test_the_same_content_has_the_same_hash_however_it_was_kept(content: dict[str, Any]) -> None:
    kept = json.loads(json.dumps(content))
    kept["inputs"] = [dict(reversed(field.items())) for field in kept["inputs"]]
    assert version_hash(**content) == version_hash(**kept)


@given(contents, contents)
def test_any_other_content_has_another_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (version_hash(**one) == version_hash(**other)) == (one == other)


@given(contents, st.data())
def test_every_part_of_the_content_counts(content: dict[str, Any], data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(sorted(content)))
    changed = data.draw(contents.map(lambda each: each[part]).filter(lambda each: each != content[part]))
    assert version_hash(**content) != version_hash(**{**content, part: changed})


def test_the_hash_of_one_content_is_pinned() -> None:
    """It is printed in papers: a change of the scheme is a new scheme, with another name."""
    content = {"model": "sha256:" + "a" * 64, "format": "pickle", "flavour": "sklearn", "language": "python"}
    found = version_hash(
        **content, environment="sha256:" + "e" * 64, dataset=None, target="y", inputs=[{"name": "x", "type": "int64"}]
    )
    assert found == "sha256:dd2678f049dc0f971df8251f7896559c74123bff29a385dfa7ea391aa9b00633"


refs = st.one_of(
    st.just(LATEST),
    st.integers(1, 2**31 - 1).map(lambda number: VersionRef(number=number)),
    digests.map(lambda digest: VersionRef(content_hash=digest)),
    st.from_regex(r"\A[A-Za-z][A-Za-z0-9._-]{0,99}\Z").filter(is_alias).map(lambda name: VersionRef(alias=name)),
)


@given(refs)
def test_a_ref_is_read_as_it_is_written(ref: VersionRef) -> None:
    assert VersionRef.parse(str(ref)) == ref


@given(st.text(max_size=80))
def test_any_text_is_one_ref_or_none(text: str) -> None:
    try:
        ref = VersionRef.parse(text)
    except ValueError:
        assert not is_alias(text)
        return
    assert sum(each is not None for each in (ref.number, ref.alias, ref.content_hash)) <= 1
    assert (ref == LATEST) == (text == "latest")
    assert (ref.alias == text) == is_alias(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "9999999999", "sha256:abc", "SHA256:" + "a" * 64, "a b", "a\n"])
def test_what_names_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="names no version"):
        VersionRef.parse(text)
