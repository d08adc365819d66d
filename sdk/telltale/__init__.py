"""Telltale: one line of instrumentation for LLM applications.

    import telltale

    telltale.init()

From here on the calls of supported libraries are traced. The rest is optional:

    @telltale.observe(kind="retriever")
    def search(question: str) -> list[str]: ...

    with telltale.context(session_id="s1", user_id="u7"), telltale.span("answer") as span:
        span.set(input=question, output=answer)

    telltale.score("feedback", 1, trace_id=span.trace_id)
    verdict = telltale.guard("pii").check(text)

    with telltale.budget("answer", usd="0.50", same_tool_calls=5, on_exceed="raise"):
        run_agent(question)

Nothing here waits for the network or raises into the application, but for what asks for it: a guard as a decorator,
and a budget with ``on_exceed="raise"``.
"""

import importlib
from typing import TYPE_CHECKING

from telltale._context import context
from telltale._guard import guard
from telltale._observe import observe
from telltale._runtime import flush, shutdown
from telltale._span import span
from telltale.budget import BudgetExceeded, budget
from telltale.feedback import score

if TYPE_CHECKING:
    from telltale._setup import init
    from telltale._version import __version__ as __version__
else:
    _LATER = {"init": "telltale._setup", "__version__": "telltale._version"}

    def __getattr__(name: str) -> object:
        """``init`` brings OpenTelemetry's SDK and the exporter: they are loaded by the process that asks for it."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_LATER[name]), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})


__all__ = ["BudgetExceeded", "budget", "context", "flush", "guard", "init", "observe", "score", "shutdown", "span"]
