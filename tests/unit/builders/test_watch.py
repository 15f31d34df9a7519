"""What comes is taken until the watch is over."""

from builders import watch
from builders.watch import Watch


def test_all_that_comes_is_taken_while_it_is_wanted():
    assert [*Watch(60).through(iter(range(1000)))] == [*range(1000)]


def test_no_more_is_taken_once_it_is_over(monkeypatch):
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.0)
    taken = []
    for each in Watch(60, lambda: len(taken) < 3).through(iter(range(1000))):
        taken.append(each)
    assert taken == [0, 1, 2]
