"""Containers whose items are shaped when they are asked for: who records them stops where enough is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Shape = Callable[[Any], Any]


def each(value: Mapping[Any, Any] | Sequence[Any], shape: Shape) -> Mapping[Any, Any] | Sequence[Any]:
    """The value with its items as ``shape`` makes them. It is the application's: to be read now, not later."""
    return _Pairs(value, shape) if isinstance(value, Mapping) else _Items(value, shape)


class _Pairs(Mapping[Any, Any]):
    def __init__(self, pairs: Mapping[Any, Any], shape: Shape) -> None:
        self._pairs = pairs
        self._shape = shape

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pairs)

    def __getitem__(self, key: Any) -> Any:
        return self._shape(self._pairs[key])

    def __repr__(self) -> str:  # what a budget compares: no address
        return repr(dict(self))


class _Items(Sequence[Any]):
    def __init__(self, items: Sequence[Any], shape: Shape) -> None:
        self._items = items
        self._shape = shape

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return map(self._shape, self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._shape(self._items[index])

    def __repr__(self) -> str:
        return repr(list(self))
