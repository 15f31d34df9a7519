"""How often passwords may be tried: a wrong one costs an attempt, the right one gives them back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from registry.domain.errors.access import TooManyAttempts

_NAMES_PER_ADDRESS = 10


class LoginLimit:
    """`attempts` per minute for one name from one address, and ten times as many for all names from it.

    Counted in this process: several web processes let through as many times more.
    """

    def __init__(self, attempts: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._for_name = RateLimitItemPerMinute(attempts)
        self._for_address = RateLimitItemPerMinute(attempts * _NAMES_PER_ADDRESS)

    @contextmanager
    def attempt(self, address: str, name: str) -> Iterator[None]:
        """Around the check of a password, which raises Unauthenticated. Raises TooManyAttempts instead of it."""
        self._take(self._for_name, address, name)
        self._take(self._for_address, address)
        yield
        self._limiter.clear(self._for_name, address, name)

    def _take(self, limit: RateLimitItem, *who: str) -> None:
        # Taken before the password is checked: who asks many times at once gets no more than who asks in turn.
        if not self._limiter.hit(limit, *who):
            reset = self._limiter.get_window_stats(limit, *who).reset_time
            raise TooManyAttempts(max(1, round(reset - time.time())))
