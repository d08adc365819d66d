"""Rates of one model, and what a usage costs at them. Exact: Decimal throughout, nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. ``input`` includes the cached, audio and image ones, ``output`` the reasoning ones too.

    ``cache_write_1h`` is the part of ``cache_write`` that is kept for an hour instead of five minutes.
    """

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    input_image: int = 0
    output_image: int = 0

    @property
    def is_consistent(self) -> bool:
        """Parts never exceed their whole: a usage that says otherwise cannot be priced."""
        inputs = self.cache_read + self.cache_write + self.input_audio + self.input_image
        outputs = self.reasoning + self.output_audio + self.output_image
        return inputs <= self.input and outputs <= self.output and self.cache_write_1h <= self.cache_write


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars. ``cache_savings_usd``: what the input would have cost more without the provider's prompt cache."""

    input_usd: Decimal
    output_usd: Decimal
    cache_savings_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        return self.input_usd + self.output_usd


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars per token, by class of token."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    reasoning: Decimal
    input_audio: Decimal
    output_audio: Decimal
    input_image: Decimal
    output_image: Decimal

    def cost(self, usage: Usage) -> Cost:
        plain_input = usage.input - usage.cache_read - usage.cache_write - usage.input_audio - usage.input_image
        plain_output = usage.output - usage.reasoning - usage.output_audio - usage.output_image
        written = (usage.cache_write - usage.cache_write_1h) * self.cache_write
        written += usage.cache_write_1h * self.cache_write_1h
        return Cost(
            input_usd=plain_input * self.input
            + usage.cache_read * self.cache_read
            + written
            + usage.input_audio * self.input_audio
            + usage.input_image * self.input_image,
            output_usd=plain_output * self.output
            + usage.reasoning * self.reasoning
            + usage.output_audio * self.output_audio
            + usage.output_image * self.output_image,
            cache_savings_usd=usage.cache_read * (self.input - self.cache_read)
            + usage.cache_write * self.input
            - written,
        )
