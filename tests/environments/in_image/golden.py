"""For the scripts of the corpus, inside an image: keep a model with golden rows, and check another load of it.

Runs on every Python that the lake serves, with nothing but the standard library.
"""

import csv
import pickle
from pathlib import Path

FOLDER = Path("/exchange")
ROWS = 20


def keep(model, names, rows, answers, dump=pickle.dump):
    """Write the model, and the first rows with the creator's own answers. `rows` is a list of lists of numbers."""
    with (FOLDER / "model").open("wb") as file:
        dump(model, file)
    with (FOLDER / "golden.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "prediction"])
        writer.writerows([*map(_text, row), _text(answer)] for row, answer in list(zip(rows, answers))[:ROWS])  # noqa: B905


def golden():
    """(names, rows, answers) as they were kept; what is a number is a float."""
    with (FOLDER / "golden.csv").open(newline="") as file:
        (*names, _), *lines = csv.reader(file)
    return names, [[float(cell) for cell in line[:-1]] for line in lines], [_value(line[-1]) for line in lines]


def load(read=pickle.load):
    """The model, read again."""
    with (FOLDER / "model").open("rb") as file:
        return read(file)


def check(answers, tolerance=1e-6):
    """Raises AssertionError unless the answers are the golden ones, numbers within a relative tolerance."""
    expected = golden()[2]
    got = [_value(_text(answer)) for answer in answers]
    assert len(got) == len(expected) > 1, (len(got), len(expected))
    assert len(set(expected)) > 1, "the golden rows all have one answer: they show nothing"
    for one, other in zip(got, expected):  # noqa: B905
        if isinstance(other, float):
            assert abs(one - other) <= tolerance * max(1.0, abs(other)), (one, other)
        else:
            assert one == other, (one, other)
    print("{} golden rows".format(len(got)))  # noqa: UP032


def _text(value):
    """A number with all its digits; anything else as text."""
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        return str(value)


def _value(text):
    try:
        return float(text)
    except ValueError:
        return text
