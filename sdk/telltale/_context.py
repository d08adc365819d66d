"""``telltale.context``: who and what the spans inside belong to."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final

from telltale import semconv
from telltale._kinds import metadata_attributes, tag_words, word
from telltale._safely import safely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

_attributes: Final[ContextVar[Mapping[str, Any]]] = ContextVar("telltale_context", default={})  # noqa: B039 - never mutated


def attributes() -> Mapping[str, Any]:
    """The attributes that a span started here and now gets."""
    return _attributes.get()


class context:  # noqa: N801 - reads as a function, is one to its users
    """Put session, user, tags and metadata on every span started inside.

    Works with ``with`` and ``async with``, follows asyncio tasks and ``copy_context``. Nested ones merge:
    inner values win, tags add up.

    Args:
        session_id: groups the traces of one conversation.
        user_id: who it was for.
        tags: free words.
        metadata: free pairs; values become text.

    Example:
        >>> with telltale.context(session_id="s1", user_id="u7", tags=["beta"]), telltale.span("answer"):
        ...     pass
    """

    def __init__(
        self,
        *,
        session_id: str | None = None,
        user_id: str | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self._own: dict[str, Any] = {}
        self._tokens: list[Token[Mapping[str, Any]]] = []
        with safely("read the arguments of context()"):
            self._own = _flat(session_id, user_id, tags, {} if metadata is None else metadata)

    def __enter__(self) -> None:
        outer = _attributes.get()
        merged = {**outer, **self._own}
        if semconv.TAGS in outer and semconv.TAGS in self._own:
            merged[semconv.TAGS] = tuple(dict.fromkeys((*outer[semconv.TAGS], *self._own[semconv.TAGS])))
        self._tokens.append(_attributes.set(merged))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            _attributes.reset(self._tokens.pop())
        except (ValueError, IndexError):  # left in another context than entered: that one ends with its task
            return

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)


def _flat(
    session_id: str | None, user_id: str | None, tags: Iterable[str], metadata: Mapping[str, Any]
) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in ((semconv.SESSION_ID, session_id), (semconv.USER_ID, user_id)):
        if value is not None:
            flat[key] = word(value)
    with safely("read tags"):
        if words := tag_words(tags):
            flat[semconv.TAGS] = words
    with safely("read metadata"):
        flat |= metadata_attributes(metadata)
    return flat
