"""Reads groups, rules and their parts from mappings, as YAML gives them; what is wrong is said with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn, TypeAlias, get_args

from telltale_collector.errors import StartError
from telltale_dashboards.boards import boards
from telltale_dashboards.panel import Unit
from telltale_dashboards.rule import Bound, Cause, Group, Rule, Severity, Shows, WithoutData

_Read: TypeAlias = Callable[[Any, str], Any]
"""From a value of the file, and where it stands, to that of the field."""

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PARAMETER = re.compile(r"\{\w+:\w+[^}]*\}")
_PARAMETERS = {"{project:String}", "{from_time:Int64}", "{to_time:Int64}"}


def made(kind: type, given: Any, where: str) -> Any:
    """One of ``Group``, ``Rule``, ``Cause``, ``Shows``.

    Raises:
        StartError: a field is unknown, missing or not of its kind.
    """
    values = values_of(kind, given, where)
    if kind is Group:
        values = {"title": values.get("name"), "description": "", **values}
    for known in fields(kind):
        if known.name not in values and known.default is MISSING and known.default_factory is MISSING:
            raise StartError(f"{where} has no {known.name!r}", f"needed are {', '.join(_needed(kind))}")
    return kind(**values)


def values_of(kind: type, given: Any, where: str) -> dict[str, Any]:
    """The fields that are given; times may leave out their ``_s``.

    Raises:
        StartError: a field is unknown or not of its kind.
    """
    readers = _FIELDS[kind]
    if not isinstance(given, Mapping):
        raise StartError(f"{where} is not a mapping", f"write fields and values, such as {next(iter(readers))}: ...")
    values = {}
    for key, value in given.items():
        name = f"{key}_s" if f"{key}_s" in readers else str(key)
        if name not in readers:
            raise StartError(f"{where} has an unknown field {key!r}", f"known are {', '.join(readers)}")
        if name in values:
            raise StartError(f"{where} has both {name[:-2]!r} and {name!r}", "leave one out")
        values[name] = readers[name](value, f"{where}, field {key}")
    return values


def _needed(kind: type) -> list[str]:
    return [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]


def called(entry: Any, key: str, place: int) -> str:
    """How errors name an entry of a list: by its name, else by its place."""
    return repr(entry[key]) if isinstance(entry, dict) and key in entry else str(place)


# --- values ---------------------------------------------------------------------------------------------------------


def _wrong(where: str, value: Any, hint: str) -> NoReturn:
    raise StartError(f"{where}: {str(value)[:60]!r} is not allowed", hint)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        _wrong(where, value, "write a text")
    return value.strip()


def _word(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        _wrong(where, value, "write at most 40 of a-z, 0-9 and '-'")
    return value


def _seconds(value: Any, where: str) -> int:
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", str(value))
    if found is None or isinstance(value, bool):
        _wrong(where, value, "write seconds as a whole number, or 90s, 5m, 6h, 3d")
    return int(found[1]) * _UNITS_S[found[2] or "s"]


def _some_seconds(value: Any, where: str) -> int:
    return _seconds(value, where) or _wrong(where, value, "write a time that is longer than nothing")


def _interval(value: Any, where: str) -> int:
    seconds = _some_seconds(value, where)
    return seconds if seconds % 10 == 0 else _wrong(where, value, "write a multiple of 10 seconds")


def _number(value: Any, where: str) -> float:
    try:  # YAML takes 8e9 for a text
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    return number if math.isfinite(number) else _wrong(where, value, "write a number, such as 0.05")


def _switch(value: Any, where: str) -> bool:
    return value if isinstance(value, bool) else _wrong(where, value, "write true or false")


def _sql(value: Any, where: str) -> str:
    sql = _text(value, where).rstrip(";")
    unknown = [found for found in _PARAMETER.findall(sql) if found not in _PARAMETERS]
    if unknown:
        _wrong(where, unknown[0], f"there are {', '.join(sorted(_PARAMETERS))}")
    for needed in ("{project:String}", "{to_time:Int64}"):
        if needed not in sql:
            raise StartError(
                f"{where} does not say {needed}", "a rule looks at one project, at the time it is asked for"
            )
    return sql


def _one_of(choices: Any) -> _Read:
    allowed = get_args(choices)

    def read(value: Any, where: str) -> Any:
        return value if value in allowed else _wrong(where, value, f"write one of {', '.join(allowed)}")

    return read


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        _wrong(where, value, "write names with a text each")
    return {_text(name, where): _text(text, where) for name, text in value.items()}


def _list(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        _wrong(where, value, "write a list of texts")
    return tuple(_text(text, where) for text in value)


def _shows(value: Any, where: str) -> Shows:
    shows: Shows = made(Shows, value, where)
    panels = {board.uid: [panel.title for panel in board.panels] for board in boards()}
    if shows.board not in panels:
        _wrong(where, shows.board, f"there are {', '.join(panels)}")
    if shows.panel not in panels[shows.board]:
        _wrong(where, shows.panel, f"there are {', '.join(panels[shows.board])}")
    return shows


def _cause(value: Any, where: str) -> Cause:
    cause: Cause = made(Cause, value, where)
    return cause


def _rules(value: Any, where: str) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not value:
        _wrong(where, value, "write a list of rules")
    return tuple(
        made(Rule, entry, f"{where[: where.rindex(',')]}, rule {called(entry, 'uid', place)}")
        for place, entry in enumerate(value, 1)
    )


_FIELDS: dict[type, dict[str, _Read]] = {
    Group: {"name": _word, "title": _text, "description": _text, "rules": _rules, "interval_s": _interval},
    Rule: {
        "uid": _word,
        "title": _text,
        "severity": _one_of(Severity),
        "description": _text,
        "sql": _sql,
        "unit": _one_of(Unit),
        "window_s": _some_seconds,
        "threshold": _number,
        "bound": _one_of(Bound),
        "for_s": _seconds,
        "keep_firing_for_s": _seconds,
        "no_data": _one_of(WithoutData),
        "shows": _shows,
        "cause": _cause,
        "budget": _text,
        "checks": _list,
        "quiet": _text,
        "is_on": _switch,
    },
    Cause: {
        "rows": _text,
        "weight": _text,
        "unit": _one_of(Unit),
        "recent_s": _some_seconds,
        "labels": _texts,
        "dimensions": _texts,
        "traces": _texts,
    },
    Shows: {"board": _text, "panel": _text},
}
