"""Calls whose answers may run on."""

from __future__ import annotations

from telltale_collector.checkup import Fault, Row

_PARAMETERS = {
    "openai": "max_completion_tokens={limit}  # Responses API: max_output_tokens={limit}",
    "azure.ai.openai": "max_completion_tokens={limit}  # Responses API: max_output_tokens={limit}",
    "gcp.gemini": "GenerateContentConfig(max_output_tokens={limit})",
    "gcp.vertex_ai": "GenerateContentConfig(max_output_tokens={limit})",
    "aws.bedrock": 'inferenceConfig={{"maxTokens": {limit}}}',
}
_USUAL = "max_tokens={limit}"
_SMALLEST = 256


def _mend(group: Row) -> str:
    """A limit of at least twice the longest answer so far, as a power of two."""
    longest = group["longest_output"] or 0
    limit = max(_SMALLEST, 1 << (2 * longest - 1).bit_length() if longest else 0)
    return _PARAMETERS.get(group["provider"] or "", _USUAL).format(limit=limit)


FAULT = Fault(
    name="missing_max_tokens",
    title="Calls without a limit to the answer",
    severity="info",
    of="model calls",
    query="checkup_missing_max_tokens",
    why=(
        "Nothing stops the model before its own maximum: one answer that runs in circles costs many times the "
        "usual, and its user waits as long. Output tokens are the dear ones. Most calls never need it; the one "
        "that does, needs it."
    ),
    mend=_mend,
)
