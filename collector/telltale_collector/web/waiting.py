"""Where applications find this collector: what a page says while nothing was ever stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

_USUAL_ADDRESSES: Final = ("127.0.0.1:4318", "localhost:4318")


@dataclass(frozen=True, slots=True)
class Address:
    """The collector's own address, as the browser knows it. ``is_usual``: applications look there untold."""

    origin: str
    is_usual: bool


def address_of(request: Request) -> Address:
    return Address(f"{request.url.scheme}://{request.url.netloc}", request.url.netloc in _USUAL_ADDRESSES)
