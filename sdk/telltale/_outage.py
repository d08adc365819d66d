"""How long to leave a collector alone that does not answer, and what the application's log hears of it."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from telltale._safely import log

if TYPE_CHECKING:
    from telltale._transport import Answer

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 5.0


class Outage:
    """The state of the way to the collector: one warning when it breaks, one note when it is back.

    Attributes:
        failure: what went wrong last; "" while all is well.
        is_told: the log has heard of it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.reset()

    def reset(self) -> None:
        self._failures = 0
        self._not_before = 0.0
        self.failure = ""
        self.is_told = False

    @property
    def is_over(self) -> bool:
        """It may be tried again."""
        return time.monotonic() >= self._not_before

    def succeeded(self) -> None:
        if self.is_told:
            log.info("the collector at %s is back", self._url)
        self.reset()

    def failed(self, answer: Answer, *, is_ending: bool) -> None:
        """Note a failure. At the process's end another message says more."""
        self._failures += 1
        self.failure = answer.message or answer.reason
        backoff = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures - 1, 8))
        # Many processes lost the same collector: they must not all come back in the same instant.
        pause = max(answer.wait_s, backoff * random.uniform(0.7, 1.0))  # noqa: S311 - no secret in it
        self._not_before = time.monotonic() + pause
        if not self.is_told and not is_ending:
            self.is_told = True
            log.warning("cannot export: %s; %s. the application goes on", self.failure, self.advice())

    def advice(self) -> str:
        return f"is the collector running at {self._url}? start one with `telltale up`, or set TELLTALE_ENDPOINT"
