"""Plans of what images to remove: they free what they say, no more than is there, and little for what it costs."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from builders.prune import Image, Layer, chance_of_use, freed_bytes, plan_removal

_SIZES = {"a": 100, "b": 40, "c": 0, "d": 7, "e": 1000}


@st.composite
def _stores(draw: st.DrawFn) -> tuple[list[Image], dict[str, float]]:
    """Images over few layers, so that they share many; some of them may not be removed."""
    chains = draw(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=4), min_size=1, max_size=7))
    images = [
        Image(f"i{number}", tuple(Layer(each, _SIZES[each] * depth) for depth, each in enumerate(chain, 1)))
        for number, chain in enumerate(chains)
    ]
    costs = {each.name: draw(st.floats(0, 100)) for each in images if draw(st.booleans())}
    return images, costs


def _by_hand(images: list[Image], removed: set[str]) -> int:
    """Freed bytes as the engine would: one tree of folders per layer, gone with its last image."""
    there: dict[str, tuple[int, set[str]]] = {}
    for image in images:
        path = ""
        for layer in image.layers:
            path += f"/{layer.digest}"
            there.setdefault(path, (layer.bytes, set()))[1].add(image.name)
    return sum(size for size, holders in there.values() if holders <= removed)


@given(_stores(), st.integers(0, 4000))
def test_a_plan_is_true_and_touches_nothing_that_is_kept(
    store: tuple[list[Image], dict[str, float]], target: int
) -> None:
    images, costs = store
    plan = plan_removal(images, costs, target)
    assert set(plan.remove) <= costs.keys()
    assert len(set(plan.remove)) == len(plan.remove)
    assert plan.freed_bytes == _by_hand(images, set(plan.remove)) == freed_bytes(images, set(plan.remove))
    assert plan.freed_bytes <= _by_hand(images, {each.name for each in images})
    # It is reached whenever that is possible, and then nothing is removed in vain.
    assert plan.reached == (_by_hand(images, set(costs)) >= target)
    if plan.reached:
        assert plan.freed_bytes >= target
        for each in plan.remove:
            assert _by_hand(images, {*plan.remove} - {each}) < target
    else:
        assert plan.freed_bytes == _by_hand(images, set(costs))


@given(_stores())
def test_without_a_target_all_goes_that_may(store: tuple[list[Image], dict[str, float]]) -> None:
    images, costs = store
    plan = plan_removal(images, costs, None)
    assert (set(plan.remove), plan.reached) == (costs.keys(), True)
    everything = plan_removal(images, {each.name: 1.0 for each in images}, None)
    assert everything.freed_bytes == _by_hand(images, {each.name for each in images})


@settings(max_examples=300)
@given(_stores(), st.integers(1, 3000))
def test_a_plan_costs_at_most_twice_the_cheapest(store: tuple[list[Image], dict[str, float]], target: int) -> None:
    images, costs = store
    plan = plan_removal(images, costs, target)
    ways = (
        sum(costs[each] for each in names)
        for count in range(len(costs) + 1)
        for names in combinations(costs, count)
        if _by_hand(images, set(names)) >= target
    )
    cheapest = min(ways, default=None)
    assert cheapest is None or plan.cost <= 2 * cheapest + 1e-6


@given(st.integers(0, 10_000), st.floats(0, 1e8), st.floats(0, 1e8))
def test_what_is_idle_is_less_likely_to_be_used(uses: int, age: float, idle: float) -> None:
    chance = chance_of_use(uses, age, idle)
    assert 0 <= chance <= 1
    assert chance_of_use(uses, age, idle * 2) <= chance <= chance_of_use(uses + 1, age, idle)


def test_a_thousand_images_are_planned_in_a_moment() -> None:
    images = [
        Image(
            f"i{each}",
            (Layer("base", 100), Layer(f"large{each % 40}", 500), *(Layer(f"{each}.{n}", n) for n in range(20))),
        )
        for each in range(1000)
    ]
    costs = {each.name: float(number % 97) for number, each in enumerate(images)}
    plan = plan_removal(images, costs, freed_bytes(images, {*costs}) // 2)
    assert plan.reached
