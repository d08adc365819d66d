"""Long texts, cut to what a page can carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telltale_collector.web.format import pretty_json

if TYPE_CHECKING:
    from collections.abc import Mapping

CUT_AT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Text:
    """A text to show. ``hidden`` counts the characters cut off its end; ``is_code`` for JSON."""

    shown: str
    hidden: int
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a table: a name, its value as text."""

    name: str
    value: str


def cut(value: object, limit: int | None) -> Text:
    """The value as people read it (JSON indented), at most ``limit`` characters of it."""
    text = plain(value)
    shown = text[:limit]
    return Text(shown, len(text) - len(shown), is_code=text.startswith(("{", "[")))


def cut_if_any(value: object, limit: int | None) -> Text | None:
    return None if value is None or value == "" else cut(value, limit)


def facts(attributes: Mapping[str, object]) -> list[Fact]:
    """Attributes as a table, by name."""
    return [Fact(name, plain(value)) for name, value in sorted(attributes.items())]


def plain(value: object) -> str:
    """Any attribute value as text: JSON indented, bytes in hexadecimal, nothing for None."""
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else pretty_json(value)
