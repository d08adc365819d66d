"""``messages.stream``: what it returns asks only once it is entered, so that is when the call begins."""

from __future__ import annotations

import functools
from collections.abc import Iterator
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
        # The library reads them here, and once more where a budget sends the call to another model.
        given = {name: list(value) if isinstance(value, Iterator) else value for name, value in kwargs.items()}
        manager = method(self, *args, **given)

        def request_for(model: Any) -> Any:
            return _request_of(method(self, *args, **{**given, "model": model}))

        with safely("listen to a stream helper"):
            _carry(
                manager,
                _Request(_request_of(manager), given.get("model"), request_for),
                lambda ask: functools.partial(traced(ask, operation, is_ours), self, **given),
            )
        return manager

    return stream


class _Request:
    """A request that is ready to be sent, as the library keeps it.

    Args:
        made: what to call, or to await.
        model: that it asks.
        made_for: makes the same one for another model.
    """

    def __init__(self, made: Any, model: Any, made_for: Callable[[Any], Any]) -> None:
        self.made = made
        self._model = model
        self._made_for = made_for

    def of(self, model: Any) -> Any:
        """The request as it is to be sent: a budget may have chosen a cheaper model meanwhile."""
        if model == self._model:
            return self.made
        if hasattr(self.made, "close"):  # a coroutine that nobody will await
            self.made.close()
        return self._made_for(model)


def _asks(manager: Any) -> str:
    found: str = next(name for name in vars(manager) if name.endswith(_ASKS))
    return found


def _request_of(manager: Any) -> Any:
    return vars(manager)[_asks(manager)]


def _carry(manager: Any, request: _Request, trace: Callable[[Callable[..., Any]], Callable[[], Any]]) -> None:
    if callable(request.made):

        def ask(_resource: Any, *, model: Any = None, **_arguments: Any) -> Any:
            return request.of(model)()

        setattr(manager, _asks(manager), trace(ask))
    else:

        async def ask_later(_resource: Any, *, model: Any = None, **_arguments: Any) -> Any:
            return await request.of(model)

        setattr(manager, _asks(manager), _Later(request.made, trace(ask_later)))


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
