"""Which images to remove, and what that costs (pure).

An engine keeps layers in a tree: a layer is shared by the images that have it upon the same layers. Its bytes are
freed with the last of them, so what an image frees depends on what else is kept.
"""

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

DAY = 86400.0
HORIZON_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Layer:
    """`digest` is of what the layer changes (its diffID), `bytes` what it holds by itself."""

    digest: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Image:
    """`layers` from the bottom up."""

    name: str
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`remove` in order, cheapest bytes first; `cost` is the sum of their costs; `reached`: the target is."""

    remove: tuple[str, ...]
    freed_bytes: int
    cost: float
    reached: bool


def plan_removal(images: Sequence[Image], costs: Mapping[str, float], target: int | None) -> Plan:
    """What to remove of the images that have a cost, to free at least `target` bytes at little cost (None: all).

    An image without a cost is kept, and every layer that it has. What frees nothing is not removed for a target;
    one that cannot be reached is come as close to as possible.
    """
    if target is None:
        return _plan([each.name for each in images if each.name in costs], images, costs, 0)
    tree = _Tree(images, costs)
    chosen: list[str] = []
    best: list[str] | None = None
    missing = target
    while missing > 0:
        # Whoever ends it now with one step more may do so cheaper than many small steps that go too far.
        last = min((each for each in tree.open() if each.bytes >= missing), key=lambda it: it.cost, default=None)
        if last is not None:
            ended = [*chosen, *last.images()]
            if best is None or _cost(ended, costs) < _cost(best, costs):
                best = ended
        step = tree.cheapest()
        if step is None:
            break
        missing -= step.bytes
        chosen += tree.take(step)
    ways = [chosen] if best is None else [chosen, best] if missing <= 0 else [best]
    trimmed = [_without_the_needless(each, images, costs, target) for each in ways]
    return _plan(min(trimmed, key=lambda each: _cost(each, costs)), images, costs, target)


def freed_bytes(images: Iterable[Image], removed: Collection[str]) -> int:
    """The bytes of the layers that only removed images have, each once."""
    freed: dict[tuple[str, ...], int] = {}
    kept: set[tuple[str, ...]] = set()
    for image in images:
        for chain, size in _chains(image):
            if image.name in removed:
                freed[chain] = size
            else:
                kept.add(chain)
    return sum(size for chain, size in freed.items() if chain not in kept)


def chance_of_use(uses: int, age_seconds: float, idle_seconds: float) -> float:
    """How likely the next use is to come within a week, 0 to 1.

    At the rate of its uses so far; at a lower one when it has been idle for longer than that rate would have it.
    """
    per_day = min((uses + 1) / max(age_seconds / DAY, 1.0), 1.0 / max(idle_seconds / DAY, 1.0 / 24))
    return 1.0 - math.exp(-per_day * HORIZON_DAYS)


@dataclass(slots=True)
class _Node:
    """Layers that the same images have. `bytes` and `cost` are of the whole subtree, as far as it is still there."""

    parent: "_Node | None"
    kept: bool = False
    bytes: int = 0
    cost: float = 0.0
    own: list[str] = field(default_factory=list)
    children: dict[str, "_Node"] = field(default_factory=dict)
    taken: bool = False

    def images(self) -> list[str]:
        return [name for node in self.subtree() for name in node.own]

    def subtree(self) -> Iterator["_Node"]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if not node.taken:
                yield node
                waiting += node.children.values()


class _Tree:
    def __init__(self, images: Sequence[Image], costs: Mapping[str, float]) -> None:
        root = _Node(None, kept=True)
        for image in images:
            node, path = root, [root]
            for layer in image.layers:
                child = node.children.get(layer.digest)
                if child is None:
                    child = node.children[layer.digest] = _Node(node, bytes=layer.bytes)
                node = child
                path.append(node)
            if image.name in costs:
                node.own.append(image.name)
                node.cost += costs[image.name]
            else:
                for each in path:
                    each.kept = True
        nodes = [*root.subtree()]
        for node in reversed(nodes):
            if node.parent is not None:
                node.parent.bytes += node.bytes
                node.parent.cost += node.cost
        # Of a row of nodes with the same images the lowest frees most.
        self._nodes = [each for each in nodes if not each.kept and each.bytes > 0 and _is_lowest(each)]
        self._heap = [(each.cost / each.bytes, -each.bytes, index) for index, each in enumerate(self._nodes)]
        self._index = {id(each): index for index, each in enumerate(self._nodes)}
        heapq.heapify(self._heap)

    def open(self) -> Iterator[_Node]:
        return (each for each in self._nodes if not each.taken and each.bytes > 0)

    def cheapest(self) -> _Node | None:
        """The subtree with the lowest cost for a byte."""
        while self._heap:
            price, size, index = heapq.heappop(self._heap)
            node = self._nodes[index]
            if not node.taken and node.bytes == -size and node.bytes > 0 and price == node.cost / node.bytes:
                return node
        return None

    def take(self, node: _Node) -> list[str]:
        """Remove the subtree; the names of its images."""
        names, size, cost = node.images(), node.bytes, node.cost
        for each in [*node.subtree()]:
            each.taken = True
        above = node.parent
        while above is not None and not above.kept:
            above.bytes -= size
            above.cost = max(0.0, above.cost - cost)
            index = self._index.get(id(above))
            if index is not None and above.bytes > 0:
                heapq.heappush(self._heap, (above.cost / above.bytes, -above.bytes, index))
            above = above.parent
        return names


def _is_lowest(node: _Node) -> bool:
    parent = node.parent
    return parent is None or parent.kept or bool(parent.own) or len(parent.children) > 1


def _without_the_needless(
    names: Sequence[str], images: Sequence[Image], costs: Mapping[str, float], target: int
) -> list[str]:
    """Without those that need not go for the target, the dearest first."""
    holders: dict[tuple[str, ...], int] = {}
    removed = set(names)
    chains = {image.name: [*_chains(image)] for image in images}
    for image in images:
        for chain, _ in chains[image.name]:
            holders[chain] = holders.get(chain, 0) + (image.name not in removed)
    freed = freed_bytes(images, removed)
    for name in sorted(names, key=lambda each: costs[each], reverse=True):
        back = sum(size for chain, size in chains[name] if not holders[chain])
        if freed - back >= target or back == 0:
            freed -= back
            removed.discard(name)
            for chain, _ in chains[name]:
                holders[chain] += 1
    return [each for each in names if each in removed]


def _chains(image: Image) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every layer with those below it, which is what an engine keeps it by."""
    digests = tuple(each.digest for each in image.layers)
    for depth, layer in enumerate(image.layers, 1):
        yield digests[:depth], layer.bytes


def _plan(names: Sequence[str], images: Sequence[Image], costs: Mapping[str, float], target: int) -> Plan:
    freed = freed_bytes(images, set(names))
    return Plan(tuple(names), freed, _cost(names, costs), freed >= target)


def _cost(names: Iterable[str], costs: Mapping[str, float]) -> float:
    return sum(costs[each] for each in names)
