"""Whether matchers, as Alertmanager's, hold for an alert's labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from math import prod
from typing import Any

from telltale_collector.errors import BadRequest
from telltale_collector.model import AlertMessage, Matcher, Silence, TimeNs

LONGEST_PATTERN = 256
_LONGEST_VALUE = 256
"""A longer value is matched by no regular expression."""

_MOST_WAYS = 200_000
"""In so many ways a pattern may fit a value at worst: a few milliseconds. ``.*a.*`` has 257 times 257."""

_PARSER: Any = import_module("re._parser")
"""How ``re`` itself reads a pattern: a tree of (operation, arguments)."""


def holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    """Whether a label is as the matcher says; one that is not there is the empty text."""
    value = labels.get(matcher.name, "")
    if not matcher.is_regex:
        return (value == matcher.value) == matcher.is_equal
    is_matched = len(value) <= _LONGEST_VALUE and _compiled(matcher.value).fullmatch(value) is not None
    return is_matched == matcher.is_equal


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(holds(matcher, labels) for matcher in matchers)


def is_silenced(message: AlertMessage, silences: Iterable[Silence], now_ns: TimeNs) -> bool:
    """Whether a silence of the alert's project lasts now and is about it."""
    return any(
        silence.project == message.project
        and silence.starts_at_ns <= now_ns < silence.ends_at_ns
        and all_hold(silence.matchers, message.labels)
        for silence in silences
    )


def check_matchers(matchers: Sequence[Matcher]) -> None:
    """Refuse a regular expression that cannot be read, or that could take for ever.

    Raises:
        BadRequest: with the reason.
    """
    for matcher in matchers:
        if not matcher.is_regex:
            continue
        about = f"matcher {matcher.name[:64]!r}"
        if len(matcher.value) > LONGEST_PATTERN:
            raise BadRequest(f"{about}: the pattern is longer than {LONGEST_PATTERN} characters", "write it shorter")
        try:
            ways = _ways(_PARSER.parse(matcher.value))
            _compiled(matcher.value)
        except (re.error, OverflowError, RecursionError) as error:
            raise BadRequest(f"{about}: not a regular expression: {error}", "see Python's re for its words") from error
        if ways > _MOST_WAYS:
            raise BadRequest(
                f"{about}: the pattern could take too long", "use fewer of * and +, and none around a group with one"
            )


def check_silence(matchers: Sequence[Matcher]) -> None:
    """Refuse matchers that would silence everything.

    Raises:
        BadRequest: with the reason.
    """
    check_matchers(matchers)
    if not any(not holds(matcher, {}) for matcher in matchers):
        raise BadRequest(
            "the silence is about every alert", "give a matcher that an alert without that label does not fit"
        )


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _ways(tree: Any) -> int:
    """In how many ways, at most, a pattern can be laid over a value: what backtracking would try."""
    return prod(_ways_of(str(operation), arguments) for operation, arguments in tree)


def _ways_of(operation: str, arguments: Any) -> int:
    if operation in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        fewest, most, inner = arguments
        most = min(int(most), _LONGEST_VALUE)
        return int((most - min(fewest, most) + 1) * min(_ways(inner), _MOST_WAYS + 1) ** most)
    if operation == "BRANCH":
        return sum(_ways(branch) for branch in arguments[1])
    if operation == "SUBPATTERN":
        return _ways(arguments[-1])
    if operation in _SIMPLE:
        return 1
    return _MOST_WAYS + 1  # looking around, referring back: not in Alertmanager's words either


_SIMPLE = {"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY", "RANGE"}
