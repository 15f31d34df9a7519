"""When a runtime ends by itself: idle, too old, or without its lease."""

import os
import threading
import time


class Lifetime:
    """Counts requests in work and remembers the last answer. For all threads. Times are of the monotonic clock."""

    def __init__(self, settings, clock=time.monotonic):
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._started = self._answered = self._noted = clock()
        self._in_work = 0

    def begin(self):
        """A request has come."""
        with self._lock:
            self._in_work += 1

    def finish(self, is_use):
        """It has been answered (or its connection is lost). `is_use`: it counts against being idle."""
        with self._lock:
            self._in_work -= 1
            if is_use:
                self._answered = self._clock()

    def note_use(self):
        """Touch the file `used` if the model is in use, or has been since the last look."""
        with self._lock:
            used = self._in_work or self._answered > self._noted
            self._noted = self._clock()
        if used:
            try:
                with open(os.path.join(self._settings.run_dir, "used"), "ab") as file:
                    os.utime(file.fileno())
            except OSError:
                pass

    def reason_to_end(self):
        """"lease", "age", "idle", or None to go on. Age and idleness wait for requests in work, the lease does not."""
        if self.lease_is_lost():
            return "lease"
        with self._lock:
            now = self._clock()
            if self._in_work:
                return None
            if now - self._started >= self._settings.age_seconds:
                return "age"
            return "idle" if now - self._answered >= self._settings.idle_seconds else None

    def lease_is_lost(self):
        """The lease's file is gone, or nobody has renewed it in time."""
        try:
            modified = os.stat(os.path.join(self._settings.run_dir, "lease")).st_mtime
        except OSError:
            return True
        return time.time() - modified > self._settings.lease_seconds
