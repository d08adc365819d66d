"""A client library's methods, each wrapped once on its class, and left alone where somebody else traces the client.

Two instrumentations on one client would count, and bill, each call twice. Whoever came first or wraps later keeps it.
"""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from telltale.instruments._call import traced
from telltale.instruments._elsewhere import leave_to_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from telltale.instruments._call import Operation

    Trace = Callable[[Callable[..., Any], Operation, Callable[[Any], bool]], Callable[..., Any]]

_wrapped: Final[dict[tuple[type, str], Callable[..., Any]]] = {}
_NEIGHBOURS: Final = ("sentry_sdk.",)
"""Whose wrappers report to a place of their own and never to a collector: they and ours stand beside each other."""


@dataclass(frozen=True, slots=True)
class Library:
    """A client library.

    Attributes:
        name: what it is called in a warning.
        package: its module; what stands in its folder is its own.
        watched: from the object that a method belongs to, the objects and their methods that other instrumentations
            wrap: where one of those is not the library's, the client is left to them.
    """

    name: str
    package: str
    watched: Callable[[Any], Iterable[tuple[Any, str]]]


def wrap(library: Library, owner: type, name: str, operation: Operation, trace: Trace = traced) -> None:
    """Trace one method, once; a method that the class does not have, or that is traced already, stays as it is.

    Args:
        library: whose method it is.
        owner: the class that has it.
        name: its name.
        operation: what it does.
        trace: makes the traced method from the original.
    """
    original = owner.__dict__.get(name)
    seen = _seen_through(original)
    if original is None or _is_ours(seen):
        return
    if not _is_the_librarys(library, seen):
        leave_to_owner(library.name, seen)
        return
    wrapped = trace(original, operation, functools.partial(_is_free, library, owner, name))
    _wrapped[owner, name] = wrapped
    setattr(owner, name, wrapped)


def _is_free(library: Library, owner: type, name: str, resource: Any) -> bool:
    """Whether nobody else traces this client."""
    method = _seen_through(vars(resource).get(name) or owner.__dict__.get(name))
    if method is not _wrapped[owner, name]:
        return leave_to_owner(library.name, method)
    for watched, watched_name in library.watched(resource):
        found = _seen_through(vars(watched).get(watched_name) or _own(library, type(watched), watched_name))
        if not _is_the_librarys(library, found) and not _is_ours(found):
            return leave_to_owner(library.name, found)
    return True


def _seen_through(method: Any) -> Any:
    """The method without the wrappers of neighbours; by their code, since ``wraps`` gives them the library's name."""
    while type(method) is FunctionType and str(method.__globals__.get("__name__")).startswith(_NEIGHBOURS):
        method = getattr(method, "__wrapped__", None)
    return method


def _is_ours(method: Any) -> bool:
    return any(method is ours for ours in _wrapped.values())


def _own(library: Library, kind: type, name: str) -> Any:
    """The library's method of a class; what an application's subclass adds is its own business."""
    prefix = library.package + "."
    return next(
        vars(base)[name] for base in kind.__mro__ if f"{base.__module__}.".startswith(prefix) and name in vars(base)
    )


def _is_the_librarys(library: Library, method: Any) -> bool:
    """Whether a method is as the library made it: its code stands in the library's folder."""
    # By its true type: wrappers made with wrapt give themselves out as the function that they wrap.
    return type(method) is FunctionType and _stands_in(library.package, method.__code__.co_filename)


@functools.lru_cache(maxsize=1024)
def _stands_in(package: str, filename: str) -> bool:
    folder = os.path.dirname(sys.modules[package].__file__ or "")  # noqa: PTH120 - compared as text
    return filename.startswith(folder + os.sep)
