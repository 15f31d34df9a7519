"""Questions that wait while the model is at work are answered together, where each row is answered by itself."""

import threading
import time

from runtime_process import FromSource

from registry.domain.errors.lake import ModelBusy
from registry.domain.errors.model import ModelRaised
from registry.domain.schema import ColumnType, Field, Schema
from registry.tables.table import Table

# Answers with how many rows it was asked about at once; the first call takes long enough for others to come.
COUNTS = FromSource(
    "import time\n"
    "class Counts:\n"
    "    calls = 0\n"
    "    def predict(self, given):\n"
    "        self.calls += 1\n"
    "        if self.calls == 1: time.sleep(1.0)\n"
    "        if (given[:, 0] < 0).any(): raise ValueError('a negative row')\n"
    "        return [float(len(given))] * len(given)\n"
    "model = Counts()\n"
)
DOUBLES = FromSource(
    "import time\n"
    "class Doubles:\n"
    "    calls = 0\n"
    "    def predict(self, given):\n"
    "        self.calls += 1\n"
    "        if self.calls == 1: time.sleep(1.0)\n"
    "        return [None if row[0] != row[0] else str(row[0]) for row in given]\n"
    "model = Doubles()\n"
)
OTHER = Schema((Field("x", ColumnType.FLOAT64), Field("text", ColumnType.STRING)))


def ask_at_once(runtime, tables, **header):
    """What each got (or raised): the first is asked a moment before the others."""
    results = [None] * len(tables)

    def ask(number):
        try:
            results[number] = runtime.predict(tables[number], **header)["prediction"]
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(tables))]
    threads[0].start()
    time.sleep(0.4)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_those_that_wait_are_answered_together_each_with_its_own_rows(start):
    got = ask_at_once(start(COUNTS).ready(), [[1.0], [1.0, 2.0], [3.0], [4.0, 5.0, 6.0]], together=True)
    assert got == [[1.0], [6.0] * 2, [6.0], [6.0] * 3]


def test_without_the_lakes_word_each_is_answered_alone(start):
    got = ask_at_once(start(COUNTS).ready(), [[1.0], [1.0, 2.0], [3.0]])
    assert got == [[1.0], [2.0] * 2, [1.0]]


def test_one_that_fails_spoils_no_other(start):
    first, bad, good = ask_at_once(start(COUNTS).ready(), [[1.0], [-1.0], [3.0]], together=True)
    assert first == [1.0]
    assert isinstance(bad, ModelRaised)
    assert "a negative row" in bad.fields["traceback"]
    assert good == [1.0]


def test_texts_and_nulls_come_back_to_whom_they_belong(start):
    tables = [
        Table.from_values(OTHER, {"x": [number, None, number + 0.5], "text": ["é", None, ""]})
        for number in (1.0, 2.0, 3.0)
    ]
    got = ask_at_once(start(DOUBLES, inputs=OTHER).ready(), tables, together=True)
    assert got == [["1.0", None, "1.5"], ["2.0", None, "2.5"], ["3.0", None, "3.5"]]


def test_a_turn_that_does_not_come_is_told(start):
    first, second = ask_at_once(start(COUNTS).ready(), [[1.0], [2.0]], wait=0.2, together=True)
    assert first == [1.0]
    assert isinstance(second, ModelBusy)
