"""Anthropic's token counts as totals: its input count leaves cached tokens out, and compactions stand beside it."""

from __future__ import annotations

from typing import Any, Final

from telltale import semconv
from telltale.instruments._answer import Usage
from telltale.instruments._fields import count, field, items

_INPUTS: Final = {
    "input": ("input_tokens",),
    "read": ("cache_read_input_tokens",),
    "written": ("cache_creation_input_tokens",),
    "written_5m": ("cache_creation", "ephemeral_5m_input_tokens"),
    "written_1h": ("cache_creation", "ephemeral_1h_input_tokens"),
}
_OUTPUTS: Final = {"output": ("output_tokens",), "thinking": ("output_tokens_details", "thinking_tokens")}


class Counts:
    """What the events of one message have said so far; a later one says it better."""

    def __init__(self) -> None:
        self._found: dict[str, int] = {}
        self._compactions: list[Any] = []
        self._tier: str | None = None

    def add(self, usage: Any, *, is_final: bool) -> None:
        """Take a usage object; before it is final, its output is a placeholder."""
        paths = _INPUTS | _OUTPUTS if is_final else _INPUTS
        for name, path in paths.items():
            found = count(field(usage, *path))
            if found is not None:
                self._found[name] = found
        runs = items(field(usage, "iterations"))
        self._compactions = [run for run in runs if field(run, "type") == "compaction"] or self._compactions
        # The fast mode has prices of its own, as a tier has.
        tier = "fast" if field(usage, "speed") == "fast" else field(usage, "service_tier")
        self._tier = tier if isinstance(tier, str) else self._tier

    def usage(self) -> Usage:
        """Totals: with cached tokens, and with those of the compactions on the way to the answer."""
        read, written = self._sum("read"), self._written()
        plain, output = self._sum("input"), self._sum("output")
        total = None if plain is None else plain + (read or 0) + (written or 0)
        return Usage(total, output, read, written, self._found.get("thinking"))

    def extra(self) -> dict[str, Any]:
        pairs = {
            semconv.ANTHROPIC_CACHE_WRITE_5M: self._sum("written_5m"),
            semconv.ANTHROPIC_CACHE_WRITE_1H: self._sum("written_1h"),
            semconv.RESPONSE_SERVICE_TIER: self._tier,
        }
        return {key: value for key, value in pairs.items() if value is not None}

    def _written(self) -> int | None:
        found = self._sum("written")
        lifetimes = [part for part in (self._sum("written_5m"), self._sum("written_1h")) if part is not None]
        return sum(lifetimes) if found is None and lifetimes else found

    def _sum(self, name: str) -> int | None:
        path = (_INPUTS | _OUTPUTS)[name]
        beside = [part for run in self._compactions if (part := count(field(run, *path))) is not None]
        found = self._found.get(name)
        return found if found is None and not beside else (found or 0) + sum(beside)
