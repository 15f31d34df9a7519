"""Of what BuildKit keeps: contexts go, the lake's own steps are bounded, other people's stay."""

from builders.build_cache import surplus

UV = "mount / from exec /bin/sh -c /mnt/uv pip install --no-cache --find-links /media numpy==1.26.4"


def record(name, description=UV, *, size=10, used="2026-11-25T10:00:00Z", parent="base", shared=False, in_use=False):
    return {
        "ID": name, "Parent": parent, "Description": description, "Size": size, "Shared": shared, "InUse": in_use,
        "CreatedAt": "2026-11-25T09:00:00Z", "LastUsedAt": used,
    }  # fmt: skip


def test_contexts_go_both_packed_and_unpacked_unless_a_build_is_at_work_on_them():
    found = [
        record("packed", "http url http://build-context-abc", parent=""),
        record("unpacked", "fileop target", parent=""),
        record("at-work", "http url http://build-context-def", parent="", in_use=True),
        record("runtime", "fileop target"),
        record("step"),
    ]
    assert surplus(found, 100) == {"packed": 10, "unpacked": 10}


def test_own_steps_that_no_image_has_go_when_they_are_too_many_the_oldest_first():
    found = [
        record("new", used="2026-11-25T12:00:00Z"),
        record("never-used-again", used=None),
        record("old", "mount / from exec /bin/sh -c dpkg --install /media/*.deb", used="2026-11-25T11:00:00Z"),
        record("in-an-image", shared=True, size=1000),
        record("strangers", "mount / from exec /bin/sh -c make all", size=1000),
    ]
    assert surplus(found, 30) == {}
    assert surplus(found, 20) == {"never-used-again": 10}
    assert surplus(found, 19) == {"never-used-again": 10, "old": 10}
    assert [*surplus(found, 0)] == ["never-used-again", "old", "new"]
