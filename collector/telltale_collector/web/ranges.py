"""The time ranges that a page offers beside its heading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from telltale_collector.web.query import Range

USUAL: Final = "now-24h"
"""Where a page begins when nothing else is asked for."""

EVER: Final = "1970-01-01"

_RANGES: Final = (("1h", "now-1h"), ("24h", USUAL), ("7d", "now-7d"), ("30d", "now-30d"), ("All", EVER))


def ranges(url_of: Callable[[str], str], current: str | None) -> list[Range]:
    """The ranges with their URLs.

    Args:
        url_of: the URL of the page from a moment on.
        current: the moment from which the page shows all up to now; None: it shows something else.
    """
    return [Range(label, url_of(since), since == current) for label, since in _RANGES]
