"""What builds leave in the engine's cache: removed, also while others build."""

import threading
import uuid

import pytest

from builders.build_cache import BuildCache, forget, records
from builders.context import build_context
from builders.image_build import build_image
from builders.watch import Watch

pytestmark = pytest.mark.docker
BYTES = 3_000_000


def _build(engine, base, lake, number):
    dockerfile = (
        f"FROM {base.image}\nUSER 0:0\n"
        f"RUN --mount=type=bind,source=in,target=/media cp /media/file /opt/ && echo {lake}-{number} /opt/weles/\n"
    )
    content = uuid.uuid4().bytes * (BYTES // 16)
    with build_context({"Dockerfile": dockerfile.encode(), "in/file": content}) as context:
        outcome = build_image(
            engine, context, tag=f"weles-test/{lake}:{number}", labels={"weles": lake}, watch=Watch(120)
        )
    return outcome.error


def _left(engine, lake, before):
    """Bytes of new contexts, and of the steps of this test."""
    new = [each for each in records(engine) if each["ID"] not in before]
    contexts = [each for each in new if BYTES <= each["Size"] < BYTES + 100_000 and not each["Parent"]]
    steps = [each for each in new if lake in each["Description"] and not each["Shared"]]
    return sum(each["Size"] for each in contexts), sum(each["Size"] for each in steps)


def test_contexts_go_while_others_build_and_steps_are_kept_as_far_as_they_may_be(engine, base, lake_name):
    before = {each["ID"] for each in records(engine)}
    keeping, errors, over = BuildCache(engine, 1 << 40), [], threading.Event()

    def tidy_all_the_time():
        while not over.is_set():
            keeping.tidy()

    tidying = threading.Thread(target=tidy_all_the_time)
    tidying.start()
    try:
        threads = [
            threading.Thread(
                target=lambda first=first: errors.extend(
                    _build(engine, base, lake_name, f"{first}-{number}") for number in range(4)
                )
            )
            for first in "ab"
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        over.set()
        tidying.join()
    assert errors == [""] * 8
    keeping.tidy()
    contexts, steps = _left(engine, lake_name, before)
    assert (contexts, steps) == (0, 0)

    for image in engine.images.list(filters={"label": f"weles={lake_name}"}):
        engine.images.remove(image.id, force=True)
    keeping.tidy()
    assert _left(engine, lake_name, before)[1] >= 8 * BYTES
    own = [each["ID"] for each in records(engine) if lake_name in each["Description"]]
    assert all(forget(engine, each) for each in own)
    assert _left(engine, lake_name, before)[1] == 0
