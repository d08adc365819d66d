"""Why a model stopped, in one vocabulary."""

from __future__ import annotations

from telltale_collector.model import FinishReason

_WORDS: dict[FinishReason, str] = {
    "stop": "stop end_turn stop_sequence completed complete finish_reason_stop eos eos_token stopped done end"
    " end_of_turn finished finish success 1",
    "length": "length max_tokens max_output_tokens incomplete model_length max_length token_limit max_token"
    " model_context_window_exceeded finish_reason_max_tokens 2",
    "tool_calls": "tool_calls tool_call tool_use tool_uses function_call function_calls toolcalls tooluse tool",
    "content_filter": "content_filter content_filtered contentfilter safety finish_reason_safety refusal blocked"
    " guardrail_intervened guardrails recitation blocklist prohibited_content spii error_toxic image_safety 3",
    "error": "error failed failure malformed_function_call unexpected_tool_call error_limit malformed_tool_use"
    " malformed_model_output",
    "cancelled": "cancelled canceled aborted abort user_cancel interrupted",
}
_CANONICAL = {word: reason for reason, words in _WORDS.items() for word in words.split()}


def finish_reason(raw: str | None) -> FinishReason | None:
    """The canonical word for a provider's; None for one that is not known."""
    if raw is None:
        return None
    return _CANONICAL.get(raw[:100].rpartition(".")[2].lower().replace("-", "_").replace(" ", "_"))
