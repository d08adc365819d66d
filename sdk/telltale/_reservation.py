"""A call under budgets, from its reservation until it is settled."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from telltale import _line, semconv
from telltale._account import Spent, lock
from telltale._safely import log, safely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from telltale._terms import Terms
    from telltale.instruments._answer import Answer, Usage

_MOST_MODELS: Final = 256


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

    def settle(self, answer: Answer, error: BaseException | None = None) -> None:
        """Put down what was used, in place of what was reserved. A second call does nothing."""
        with safely("settle a budget"):
            taken, self._taken = self._taken, ()
            usage = answer.usage
            is_complete = usage.input_tokens is not None and (usage.output_tokens is not None or self._kind != "llm")
            is_unbilled = error is not None and usage.input_tokens is None and usage.output_tokens is None
            tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
            with lock:
                for terms, reserved in taken:
                    terms.account.reserved.add(reserved, -1)
                    terms.account.add(Spent(tokens=tokens, uncounted=0 if is_complete or is_unbilled else 1))
            for terms, _ in () if is_unbilled else taken:
                self._price(terms, answer, is_complete=is_complete)

    def _price(self, terms: Terms, answer: Answer, *, is_complete: bool) -> None:
        if not is_complete and (terms.limits.tokens is not None or terms.limits.usd is not None):
            _unknown(terms, self._model, "how many tokens its calls use")
        if terms.limits.usd is None or terms.account.prices_itself:
            return
        price = terms.prices.get(answer.model or "") or terms.prices.get(self._model)
        if not is_complete:
            self._priced(terms, None)
        elif price is not None:
            self._priced(terms, price.cost(answer.usage))
        else:
            _line.current().price(self._question(answer), functools.partial(self._priced, terms))

    def _question(self, answer: Answer) -> dict[str, Any]:
        tier = answer.extra.get(semconv.OPENAI_RESPONSE_SERVICE_TIER)
        named = {"kind": self._kind, "provider": self._provider, "request_model": self._model}
        return {**named, "response_model": answer.model, "service_tier": tier, **_counts(answer.usage)}

    def _priced(self, terms: Terms, cost_usd: Decimal | None) -> None:
        with lock:
            terms.account.add(Spent(unpriced=1) if cost_usd is None else Spent(usd=cost_usd))
        if cost_usd is None:
            _unknown(terms, self._model, "what it costs")


def _counts(usage: Usage) -> dict[str, int | None]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
    }


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
