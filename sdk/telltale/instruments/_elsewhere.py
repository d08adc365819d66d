"""Libraries that somebody else traces already: two instrumentations would tell of everything, and bill it, twice."""

from __future__ import annotations

from types import FunctionType
from typing import Any, Final

from telltale._safely import log

told: Final[set[tuple[str, str]]] = set()
"""Which library we have left to whom, and said so."""


def is_free(library: str, package: str, method: Any) -> bool:
    """Whether a method that other instrumentations wrap is as the library made it.

    Args:
        library: what it is called in the warning, which comes once.
        package: the method's module, or one above it.
        method: as it is found now.
    """
    # By its true type: wrappers made with wrapt give themselves out as the function that they wrap.
    if type(method) is FunctionType and f"{method.__module__}.".startswith(package + "."):
        return True
    return leave_to_owner(library, method)


def leave_to_owner(library: str, method: Any) -> bool:
    """Say once that a library's method is another's; always False."""
    wrapper = getattr(method, "_self_wrapper", method)
    return leave_to(library, str(getattr(wrapper, "__module__", None) or type(wrapper).__module__))


def leave_to(library: str, other: str) -> bool:
    """Say once that somebody else traces a library; always False."""
    if (library, other) not in told:
        told.add((library, other))
        log.warning(
            "%s is already traced by %s; telltale leaves it to that. remove it to use telltale's own", library, other
        )
    return False
