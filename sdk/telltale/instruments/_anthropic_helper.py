"""``messages.stream``: what it returns asks only once it is entered, so that is when the call begins."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from telltale._safely import safely
from telltale.instruments._call import traced

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from telltale.instruments._call import Operation

_ASKS: Final = "__api_request"
"""The end of the private attribute's name, after the class's."""


def traced_helper(
    method: Callable[..., Any], operation: Operation, is_ours: Callable[[Any], bool]
) -> Callable[..., Any]:
    """The method; the stream that its result opens is traced."""

    @functools.wraps(method)
    def stream(self: Any, *args: Any, **kwargs: Any) -> Any:
        manager = method(self, *args, **kwargs)
        with safely("listen to a stream helper"):
            _carry(manager, lambda ask: functools.partial(traced(ask, operation, is_ours), self, **kwargs))
        return manager

    return stream


def _carry(manager: Any, trace: Callable[[Callable[..., Any]], Callable[[], Any]]) -> None:
    name = next(name for name in vars(manager) if name.endswith(_ASKS))
    request = vars(manager)[name]
    if callable(request):

        def ask(_resource: Any, **_arguments: Any) -> Any:
            return request()

        setattr(manager, name, trace(ask))
    else:

        async def ask_later(_resource: Any, **_arguments: Any) -> Any:
            return await request

        setattr(manager, name, _Later(request, trace(ask_later)))


class _Later:
    """A request that is sent when it is awaited. It stands for the library's own coroutine in everything else."""

    def __init__(self, request: Any, ask: Callable[[], Any]) -> None:
        self._request = request
        self._ask = ask

    def __await__(self) -> Generator[Any, Any, Any]:
        found: Generator[Any, Any, Any] = self._ask().__await__()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._request, name)
