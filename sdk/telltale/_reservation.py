"""A call under budgets, from its reservation until it is settled."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from telltale import _line, semconv
from telltale._account import Spent, booking, lock
from telltale._safely import log, safely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telltale._terms import Terms
    from telltale.instruments._answer import Answer, Usage

Ending: TypeAlias = Literal["answered", "refused", "broken off"]
"""Of a call. Who refuses charges nothing; what an answer that broke off has cost, nobody says."""

_MOST_MODELS: Final = 256
_MOST_CAUSES: Final = 8
_NEVER_SENT: Final = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ProxyError",
        "UnsupportedProtocol",  # httpx, requests
        "ClientConnectorError",
        "ConnectionTimeoutError",  # aiohttp
        "NewConnectionError",
        "ConnectTimeoutError",  # urllib3
        "ConnectionRefusedError",
        "gaierror",
    }
)
"""Classes of errors of those who could not connect, in the libraries that clients speak HTTP with."""


class Reservation:
    """What a call has taken from its budgets.

    Args:
        terms: the budgets, each with what was reserved.
        kind: llm, embedding, ...
        model: that the call goes to.
        attributes: of the call's span.
    """

    __slots__ = ("_attributes", "_kind", "_model", "_provider", "_taken")

    def __init__(
        self, taken: Sequence[tuple[Terms, Spent]], kind: str, model: str, attributes: Mapping[str, Any]
    ) -> None:
        self._taken = taken
        self._kind = kind
        self._model = model
        self._provider: str | None = None
        self._attributes = attributes

    def of(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """What to add to the attributes of the call's span, which say who is called."""
        self._provider = call.get(semconv.PROVIDER)
        return self._attributes

    def settle(self, answer: Answer, ending: Ending) -> None:
        """Put down what was used, in place of what was reserved. A second call does nothing."""
        with safely("settle a budget"):
            usage = answer.usage
            is_complete = usage.input_tokens is not None and (usage.output_tokens is not None or self._kind != "llm")
            is_unbilled = ending == "refused" and usage.input_tokens is None and usage.output_tokens is None
            tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
            spent = Spent(tokens=tokens, uncounted=0 if is_complete or is_unbilled else 1)
            with booking():
                taken, self._taken = self._taken, ()
                for terms, reserved in taken:
                    terms.account.settle(reserved, spent)
            for terms, _ in () if is_unbilled else taken:
                if is_complete:
                    self._price(terms, answer)
                else:
                    self._uncounted(terms, ending)

    def _uncounted(self, terms: Terms, ending: Ending) -> None:
        """Nobody has told the tokens: of no answer of the model's, or of this one because it broke off."""
        if terms.limits.usd is not None and not terms.account.prices_itself:
            with booking():
                terms.account.add(Spent(unpriced=1))
        if terms.limits.tokens is None and terms.limits.usd is None:
            return
        if ending == "broken off":
            _broken_off(terms, self._model)
        else:
            _unknown(terms, self._model, "how many tokens its calls use")

    def _price(self, terms: Terms, answer: Answer) -> None:
        if terms.limits.usd is None or terms.account.prices_itself:
            return
        price = terms.prices.get(answer.model or "") or terms.prices.get(self._model)
        if price is not None:
            self._priced(terms, price.cost(answer.usage))
        else:
            _line.current().price(self._question(answer), functools.partial(self._priced, terms))

    def _question(self, answer: Answer) -> dict[str, Any]:
        tier = answer.extra.get(semconv.OPENAI_RESPONSE_SERVICE_TIER)
        named = {"kind": self._kind, "provider": self._provider, "request_model": self._model}
        return {**named, "response_model": answer.model, "service_tier": tier, **_counts(answer.usage)}

    def _priced(self, terms: Terms, cost_usd: Decimal | None) -> None:
        with booking():
            terms.account.add(Spent(unpriced=1) if cost_usd is None else Spent(usd=cost_usd))
        if cost_usd is None:
            _unknown(terms, self._model, "what it costs")


def never_sent(error: BaseException) -> bool:
    """Whether a client could not even connect. Told by classes' names, as the clients need not be installed."""
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return False
        if any(kind.__name__ in _NEVER_SENT for kind in type(cause).__mro__):
            return True
        cause = cause.__cause__  # not __context__: the application may be handling another call's failure
    return False


def _counts(usage: Usage) -> dict[str, int | None]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
    }


def _broken_off(terms: Terms, model: str) -> None:
    """It says nothing of the model's other calls, so it blocks none of them."""
    with lock:
        is_new = terms.account.tell(f"broken off {model}")
    if is_new:
        log.warning(
            "budget %r: a call of the model %r broke off before its tokens were told; what it cost is not in the sum",
            terms.name,
            model,
        )


def _unknown(terms: Terms, model: str, what: str) -> None:
    """Unknown is not nothing: it is said once, and may be a reason to let no more calls through."""
    with lock:
        if len(terms.account.unknown) < _MOST_MODELS:
            terms.account.unknown.add(model)
        is_new = terms.account.tell(f"unknown {what} {model}")
    if is_new:
        goes_on = "is let through no more" if terms.on_unknown == "block" else "counts as a call only"
        log.warning(
            "budget %r: %s is not known of the model %r; it %s. give prices=, a price file to the collector, or ask"
            " streams for their usage",
            terms.name,
            what,
            model,
            goes_on,
        )
