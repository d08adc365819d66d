"""What is no limit costs a warning, and what is one is read as it is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import telltale
from telltale import _runtime
from telltale._limits import rule_of


def test_what_is_no_limit_costs_one_warning_and_is_left_out(warnings: Any) -> None:
    given: dict[str, Any] = {
        "usd": "much",
        "calls": -1,
        "tokens": float("nan"),
        "window_s": 0,
        "scope": "galaxy",
        "on_exceed": "explode",
        "on_unknown": 1,
        "prices": {"m": {"input_usd_per_mtok": 1}},
    }
    rule = rule_of("b", given)
    assert (rule.limits.usd, rule.limits.calls, rule.limits.tokens, rule.window_s) == (None, None, None, None)
    assert (rule.scope, rule.on_exceed, rule.on_unknown, rule.prices) == ("run", None, "warn", {})
    assert len(warnings()) == 8
    assert "budget 'b': scope='galaxy' cannot be used; use one of run, user, session, service" in warnings()[-4]


def test_dollars_are_read_as_they_are_written() -> None:
    assert [rule_of("b", {"usd": usd}).limits.usd for usd in (0.1, "0.1", Decimal("0.1"), 1)] == [
        *[Decimal("0.1")] * 3,
        Decimal(1),
    ]


def test_before_init_a_budget_says_that_it_holds_nothing(warnings: Any) -> None:
    assert _runtime.current() is _runtime.IDLE
    with telltale.budget("idle-budget", calls=0, on_exceed="raise"):
        pass
    assert warnings() == ["budget 'idle-budget' holds nothing: call telltale.init() first"]
