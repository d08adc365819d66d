"""A page: an address, a template, and the function that builds the template's context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from dataclasses import Field

    from starlette.requests import Request

PROJECT: Final = "default"


class Context(Protocol):
    """A frozen dataclass whose fields are the template's variables."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or one part of a page that the browser fetches again.

    Attributes:
        path: the route, in Starlette's notation.
        template: the file under ``templates/``.
        context: the dataclass that ``build`` returns; a test compares its fields with what the template uses.
        build: reads the request and the store. Raises ``TelltaleError``, shown as an error page.
    """

    path: str
    template: str
    context: type[Context]
    build: Callable[[Request], Awaitable[Context]]
