"""Reading client libraries' requests and responses, whose items may be dicts or objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from telltale import semconv

if TYPE_CHECKING:
    from collections.abc import Callable

_DATA_URI: Final = 64


def field(item: Any, *path: str) -> Any:
    """What stands at ``path`` in nested dicts or objects; None where there is nothing."""
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
    return item


def items(value: Any) -> list[Any]:
    """A list's items. Other iterables can be read only once, and that is the library's turn."""
    return list(value) if isinstance(value, (list, tuple)) else []


def count(value: Any) -> int | None:
    """A token count, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parameters(kwargs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Those request parameters that were given, as attributes; ``names`` maps one to the other."""
    given = {name: value for name in names if isinstance(value := kwargs.get(name), (str, bool, int, float))}
    return {names[name]: value for name, value in given.items()}


def only(*names: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Takes of the arguments those that are named and were given."""

    def taken(kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: kwargs[name] for name in names if name in kwargs}

    return taken


def http_failure(status: Any) -> dict[str, Any]:
    """An HTTP error's code, beside its class in ``error.type``."""
    return {semconv.HTTP_STATUS_CODE: status} if isinstance(status, int) and status >= 400 else {}


def short_uri(uri: Any) -> Any:
    """An image inside an URI would crowd out the words around it."""
    if isinstance(uri, str) and uri.startswith("data:") and len(uri) > _DATA_URI:
        return f"{uri[:_DATA_URI]}[…cut {len(uri) - _DATA_URI} characters]"
    return uri
