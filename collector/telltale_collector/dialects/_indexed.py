"""Lists and objects that were flattened into attribute names: ``a.0.b.1.c`` -> ``{"a": [{"b": [.., {"c": ..}]}]}``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telltale_collector.model import Attributes, Json

_DEEPEST = 40
_LONGEST_INDEX = 9


def nested(given: Attributes, prefix: str) -> Json:
    """Everything under ``prefix`` (which ends in a dot), as the structure it was; None when there is nothing.

    Objects whose keys are all numbers are lists, in the order of those numbers (gaps are closed).
    """
    start = len(prefix)
    tree: dict[str, Any] = {}
    for key, value in given.items():
        if key.startswith(prefix):
            _put(tree, key[start:].split("."), value)
    return _lists(tree) if tree else None


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    if len(path) > _DEEPEST:
        return
    for step in path[:-1]:
        branch = tree.get(step)
        if not isinstance(branch, _Branch):
            branch = tree[step] = _Branch()
        tree = branch
    if not isinstance(tree.get(path[-1]), _Branch):
        tree[path[-1]] = value


class _Branch(dict[str, Any]):
    """Tells the tree's own objects from values that are objects."""


def _lists(tree: dict[str, Any]) -> Json:
    built = {key: _lists(value) if isinstance(value, _Branch) else value for key, value in tree.items()}
    if all(key.isdecimal() and len(key) <= _LONGEST_INDEX for key in built):
        return [built[key] for key in sorted(built, key=int)]
    return built


def indexed(given: Attributes, prefix: str, inner: str = "") -> list[Any]:
    """The list under ``prefix``; of each element the part named ``inner``, where it is an object that has one."""
    found = nested(given, prefix)
    if not isinstance(found, list):
        return []
    return list(_inner(found, inner)) if inner else found


def _inner(elements: list[Any], inner: str) -> Iterator[Any]:
    for element in elements:
        yield element.get(inner, element) if isinstance(element, dict) else element
