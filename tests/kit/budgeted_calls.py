"""Calls under a budget: what they ask, what they cost, and which models were asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

QUESTION: Any = [{"role": "user", "content": "Capital of France?"}]
PRICES = {"gpt-5-mini": {"input_usd_per_mtok": "0.25", "output_usd_per_mtok": 2}}
CALL_USD = Decimal("0.25") * 31 / 10**6 + Decimal(2) * 16 / 10**6
"""31 tokens in, 16 out: what the server's script says."""


def ask(client: Any, model: str = "gpt-5-mini", **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=QUESTION, **more)


def asked_models(openai_server: Any) -> list[str]:
    return [body["model"] for _, body in openai_server.requests]
