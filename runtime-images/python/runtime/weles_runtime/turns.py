"""Whose turn it is: one prediction at a time in each process, and those that wait meanwhile are answered together in the next.

Nobody is made to wait for company: a question that finds a process of the model idle is asked at once, alone. The thread
that has the turn asks for all that have come together (so many rows at the most), and passes the turn on.
"""

import threading
import time
from collections import deque

from weles_runtime.errors import RequestError
from weles_runtime.stacks import alike, split, stack

LONGEST_WAIT = 86400.0
MOST_ROWS = 4096
PATIENCE = 0.2


class Question:
    """A table to predict in a mode; then `answer` or `error` is set, and `done`.

    `together`: it may be answered in one call with others, because the model answers each row by itself. `is_large`: it
    needs much memory, so that there may be only one such at a time.
    """

    def __init__(self, mode, table, together):
        self.mode = mode
        self.table = table
        self.together = together
        self.is_large = table.rows > MOST_ROWS
        self.answer = None
        self.error = None
        self.done = False


class Turns:
    """`predict(mode, table) -> table` of a model that must not be called from two threads.

    `on_wait` is called, and must return at once, when a question has waited for PATIENCE seconds.
    """

    def __init__(self, predict, on_wait=lambda: None):
        self._on_wait = on_wait
        self._waiting = deque()
        self._changed = threading.Condition()
        # The first is this process; what another one answers is copied twice.
        self._asks = [predict]
        self._free = {0}

    def add(self, predict):
        """The model can be asked in one more way at the same time."""
        with self._changed:
            self._free.add(len(self._asks))
            self._asks.append(predict)
            self._changed.notify_all()

    def ask(self, mode, table, wait=None, together=False):
        """The table of predictions. Raises RequestError when the turn does not come in `wait` seconds, and whatever the
        model raises."""
        question = Question(mode, table, together)
        turn = self._turn(question, LONGEST_WAIT if wait is None else min(float(wait), LONGEST_WAIT))
        if turn is not None:
            number, batch = turn
            try:
                _answer(self._asks[number], batch)
            finally:
                with self._changed:
                    self._free.add(number)
                    self._changed.notify_all()
        if question.error is not None:
            raise question.error
        return question.answer

    def _turn(self, question, wait):
        """(which of the asks is free, what to ask it), or None when another turn has answered the question."""
        begun, patient = time.monotonic(), True
        with self._changed:
            self._waiting.append(question)
            while not question.done and not (self._free_for(question) and question in self._waiting):
                waited = time.monotonic() - begun
                if question not in self._waiting:
                    # One that has been taken along is being answered: it waits for that.
                    self._changed.wait()
                elif waited >= wait:
                    self._waiting.remove(question)
                    raise RequestError("busy", "the model has been answering others for {} seconds".format(wait))
                elif patient and waited >= PATIENCE:
                    patient = False
                    self._on_wait()
                else:
                    self._changed.wait(min(wait, PATIENCE if patient else wait) - waited)
            if question.done:
                return None
            number = min(self._free_for(question))
            self._free.remove(number)
            return number, self._take(question)

    def _free_for(self, question):
        return self._free & {0} if question.is_large else self._free

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


def _answer(predict, batch):
    """Answer all; when that fails, one by one, so that each has its own error."""
    if len(batch) > 1:
        try:
            predicted = predict(batch[0].mode, stack([each.table for each in batch]))
            answers = split(predicted, [each.table.rows for each in batch])
        except BaseException:
            pass
        else:
            for question, answer in zip(batch, answers):
                question.answer, question.done = answer, True
            return
    for question in batch:
        try:
            question.answer = predict(question.mode, question.table)
        except BaseException as error:  # The model may raise anything; it is this question's alone.
            question.error = error
        question.done = True
