"""Objects whose methods raise, and whose lengths lie."""

# ruff: noqa: C901 - lists of cases

from __future__ import annotations

import collections
import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hostile_values.case import Case, Refusal, refuse

_METHODS = (
    "__repr__ __str__ __len__ __iter__ __getitem__ __contains__ __bool__ __eq__ __hash__ __format__ __int__ __float__"
    " __index__ __getattr__ __getattribute__ __class__ __dict__ __fspath__ __bytes__ __copy__ __reduce__ items keys"
    " values model_dump __array__ __next__ __length_hint__"
).split()
_BASES: tuple[tuple[type, tuple[Any, ...]], ...] = (
    (object, ()),
    (dict, ({"a": 1},)),
    (list, ([1, 2],)),
    (tuple, ((1, 2),)),
    (str, ("text",)),
    (int, (7,)),
    (float, (1.5,)),
    (collections.UserDict, ({"a": 1},)),
)


def raising() -> Iterator[Case]:
    for base, given in _BASES:
        for method in _METHODS:
            if base in {int, float} and method in {"__len__", "__iter__", "items", "keys", "values", "__next__"}:
                continue
            if base is collections.UserDict and method in {"__getattribute__", "__dict__", "__class__"}:
                continue  # cannot be made
            member = property(refuse) if method in {"__class__", "__dict__"} else refuse
            kind = type(f"Raising_{base.__name__}", (base,), {method: member})
            with contextlib.suppress(Refusal):
                yield Case(f"{base.__name__} whose {method} raises", kind(*given))
    yield Case("everything raises", type("AllRaise", (), dict.fromkeys(_METHODS[:18], refuse))())
    yield Case("endless repr", type("Endless", (), {"__repr__": repr})())
    yield Case("repr that is no text", type("Numeric", (), {"__repr__": lambda _: 7})())
    yield Case("an exception that cannot be shown", Refusal())


def lying() -> Iterator[Case]:
    for base, given in ((list, ([1],)), (dict, ({"a": 1},)), (str, ("x",)), (tuple, ((1,),))):
        for length in (-1, 0, 2**62, 2**70, "three"):
            kind = type("Lying", (base,), {"__len__": lambda _, length=length: length})
            yield Case(f"{base.__name__} of length {length}", kind(*given))

    class Endless(Sequence[int]):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, at: Any) -> Any:
            return at

        def __iter__(self) -> Iterator[int]:
            return itertools.count()

    class Never(Mapping[str, int]):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, key: str) -> int:
            return 1

        def __iter__(self) -> Iterator[str]:
            return (f"k{n}" for n in itertools.count())

    yield Case("a sequence without end", Endless())
    yield Case("a mapping without end", Never())
