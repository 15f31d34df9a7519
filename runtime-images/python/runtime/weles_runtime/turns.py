"""Whose turn it is: one prediction at a time, and those that wait meanwhile are answered together in the next.

Nobody is made to wait for company: a question that finds the model idle is asked at once, alone. The thread that has
the turn asks for all that have come together (so many rows at the most), and passes the turn on.
"""

import threading
import time
from collections import deque

from weles_runtime.errors import RequestError
from weles_runtime.stacks import alike, split, stack

LONGEST_WAIT = 86400.0
MOST_ROWS = 4096


class Question:
    """A table to predict in a mode; then `answer` or `error` is set, and `done`.

    `together`: it may be answered in one call with others, because the model answers each row by itself.
    """

    def __init__(self, mode, table, together):
        self.mode = mode
        self.table = table
        self.together = together
        self.answer = None
        self.error = None
        self.done = False


class Turns:
    """`predict(mode, table) -> table` of a model that must not be called from two threads."""

    def __init__(self, predict):
        self._predict = predict
        self._waiting = deque()
        self._changed = threading.Condition()
        self._busy = False

    def ask(self, mode, table, wait=None, together=False):
        """The table of predictions. Raises RequestError when the turn does not come in `wait` seconds, and whatever the
        model raises."""
        question = Question(mode, table, together)
        deadline = time.monotonic() + (LONGEST_WAIT if wait is None else min(float(wait), LONGEST_WAIT))
        with self._changed:
            self._waiting.append(question)
            while self._busy and not question.done:
                left = deadline - time.monotonic()
                if left <= 0 and question in self._waiting:
                    self._waiting.remove(question)
                    raise RequestError("busy", "the model has been answering others for {} seconds".format(wait))
                # One that has been taken along is being answered: it waits for that.
                self._changed.wait(None if question not in self._waiting else left)
            if not question.done:
                self._busy = True
                batch = self._take(question)
        if not question.done:
            try:
                self._answer(batch)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        if question.error is not None:
            raise question.error
        return question.answer

    def _take(self, first):
        """The question and those that go along with it; they no longer wait."""
        batch, rows = [first], first.table.rows
        self._waiting.remove(first)
        for other in list(self._waiting) if first.together else ():
            if rows + other.table.rows > MOST_ROWS:
                break
            if other.together and other.mode == first.mode and alike(other.table, first.table):
                self._waiting.remove(other)
                batch.append(other)
                rows += other.table.rows
        return batch

    def _answer(self, batch):
        """Answer all; when that fails, one by one, so that each has its own error."""
        if len(batch) > 1:
            try:
                predicted = self._predict(batch[0].mode, stack([each.table for each in batch]))
                answers = split(predicted, [each.table.rows for each in batch])
            except BaseException:
                pass
            else:
                for question, answer in zip(batch, answers):
                    question.answer, question.done = answer, True
                return
        for question in batch:
            try:
                question.answer = self._predict(question.mode, question.table)
            except BaseException as error:  # The model may raise anything; it is this question's alone.
                question.error = error
            question.done = True
