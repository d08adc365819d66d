"""Methods of LangChain's around what its callbacks tell. Imported once the classes that have them are.

Of a tool, a retriever or a model whose task is cancelled LangChain tells no end. A model that is asked several things
at once has told of all before it begins with the first.
"""

from __future__ import annotations

import functools
import inspect
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from telltale import _scope
from telltale._safely import safely
from telltale.instruments._langchain_handler import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

    Around = Callable[[dict[str, Any]], AbstractContextManager[None]]


def _run_of(kwargs: dict[str, Any]) -> AbstractContextManager[None]:
    step = STEPS.find(getattr(kwargs.get("run_manager"), "run_id", None))
    return nullcontext() if step is None else _scope.inside(step.context)


def _call(_: dict[str, Any]) -> AbstractContextManager[None]:
    return STEPS.calling()


_METHODS: Final[dict[str, tuple[str, dict[str, Around]]]] = {
    "langchain_core.language_models.chat_models": (
        "BaseChatModel",
        {"generate": _call, "agenerate": _call, "_generate_with_cache": _run_of, "_agenerate_with_cache": _run_of},
    ),
    "langchain_core.tools.base": ("BaseTool", {"run": _call, "arun": _call}),
    "langchain_core.retrievers": ("BaseRetriever", {"invoke": _call, "ainvoke": _call}),
}
"""By a module, its class, and what is put around the class's methods."""


@functools.cache
def wrap(module: str) -> None:
    """Wrap the methods of one module, which is imported, once."""
    with safely(f"instrument {module}"):
        name, methods = _METHODS[module]
        owner = getattr(sys.modules[module], name)
        for method, around in methods.items():
            setattr(owner, method, _within(around, getattr(owner, method)))


def _within(around: Around, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with around(kwargs):
            return method(self, *args, **kwargs)

    @functools.wraps(method)
    async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        with around(kwargs):
            return await method(self, *args, **kwargs)

    return call_async if inspect.iscoroutinefunction(method) else call
