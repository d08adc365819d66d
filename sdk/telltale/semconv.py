"""Every attribute name that Telltale writes or reads by itself, once.

Names follow the OpenTelemetry semantic conventions for generative AI. What those lack (guards, prompt hash,
response cache, routing, scores) has the prefix ``telltale.``. Values are plain strings, so that this module
imports nothing.
"""

from typing import Final

# --- resource -----------------------------------------------------------------------------------------------
SERVICE_NAME: Final = "service.name"
DEPLOYMENT_ENVIRONMENT: Final = "deployment.environment.name"
DEPLOYMENT_ENVIRONMENT_OLD: Final = "deployment.environment"  # before semantic conventions 1.27

# --- who and where (any span) -------------------------------------------------------------------------------
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"
ERROR_TYPE: Final = "error.type"

# --- GenAI: operation, model, request -----------------------------------------------------------------------
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
SYSTEM_OLD: Final = "gen_ai.system"  # before 1.37
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_TOP_P: Final = "gen_ai.request.top_p"
REQUEST_TOP_K: Final = "gen_ai.request.top_k"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_SEED: Final = "gen_ai.request.seed"
REQUEST_STOP_SEQUENCES: Final = "gen_ai.request.stop_sequences"
REQUEST_FREQUENCY_PENALTY: Final = "gen_ai.request.frequency_penalty"
REQUEST_PRESENCE_PENALTY: Final = "gen_ai.request.presence_penalty"
REQUEST_CHOICE_COUNT: Final = "gen_ai.request.choice.count"
REQUEST_REASONING: Final = "gen_ai.request.reasoning.level"
REQUEST_ENCODING_FORMATS: Final = "gen_ai.request.encoding_formats"
EMBEDDINGS_DIMENSIONS: Final = "gen_ai.embeddings.dimension.count"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
HTTP_STATUS_CODE: Final = "http.response.status_code"
OPENAI_API_TYPE: Final = "openai.api.type"  # chat_completions, responses
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
OPENAI_RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"
REQUEST_SERVICE_TIER: Final = "gen_ai.request.service_tier"  # other providers than OpenAI
RESPONSE_SERVICE_TIER: Final = "gen_ai.response.service_tier"
OPENAI_RESPONSE_FINGERPRINT: Final = "openai.response.system_fingerprint"

# --- GenAI: content -----------------------------------------------------------------------------------------
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"

# --- GenAI: response ----------------------------------------------------------------------------------------
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_TTFT_S: Final = "gen_ai.response.time_to_first_chunk"  # seconds, double
USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # cached tokens included
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # reasoning tokens included
USAGE_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE: Final = "gen_ai.usage.cache_write.input_tokens"
USAGE_CACHE_WRITE_OLD: Final = "gen_ai.usage.cache_creation.input_tokens"  # before 2026-09
USAGE_INPUT_AUDIO: Final = "gen_ai.usage.input_audio_tokens"  # a part of the input that is not cached
USAGE_OUTPUT_AUDIO: Final = "gen_ai.usage.output_audio_tokens"
USAGE_OUTPUT_IMAGE: Final = "gen_ai.usage.output_image_tokens"
ANTHROPIC_CACHE_WRITE_5M: Final = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"  # parts of cache_write
ANTHROPIC_CACHE_WRITE_1H: Final = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"
USAGE_REASONING: Final = "gen_ai.usage.reasoning.output_tokens"

# --- GenAI: tools, agents, retrieval, prompts ---------------------------------------------------------------
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
TOOL_TYPE: Final = "gen_ai.tool.type"
AGENT_NAME: Final = "gen_ai.agent.name"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_TOP_K: Final = "gen_ai.retrieval.top_k"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"  # JSON [{id, content, score, metadata}]
PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_VERSION: Final = "gen_ai.prompt.version"

# --- Model Context Protocol ---------------------------------------------------------------------------------
MCP_METHOD: Final = "mcp.method.name"
MCP_PROTOCOL_VERSION: Final = "mcp.protocol.version"
MCP_RESOURCE_URI: Final = "mcp.resource.uri"
RPC_STATUS_CODE: Final = "rpc.response.status_code"  # JSON-RPC's error code, as text

# --- GenAI: evaluation results (log events; a score is one of these) ----------------------------------------
EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

# --- GenAI: log events that carry a call's messages ---------------------------------------------------------
DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"
MESSAGE_EVENTS: Final = (
    "gen_ai.system.message",
    "gen_ai.user.message",
    "gen_ai.assistant.message",
    "gen_ai.tool.message",
    "gen_ai.choice",
)

# --- what the conventions lack ------------------------------------------------------------------------------
SPAN_KIND: Final = "telltale.span.kind"  # one of KINDS
INPUT_VALUE: Final = "telltale.input.value"  # text, or JSON text
OUTPUT_VALUE: Final = "telltale.output.value"
TAGS: Final = "telltale.tags"  # string[]
METADATA_PREFIX: Final = "telltale.metadata."  # + key; value as text
GUARD_NAME: Final = "telltale.guard.name"
GUARD_STAGE: Final = "telltale.guard.stage"  # one of GUARD_STAGES
GUARD_VERDICT: Final = "telltale.guard.verdict"  # one of GUARD_VERDICTS
GUARD_REASON: Final = "telltale.guard.reason"
GUARD_SCORE: Final = "telltale.guard.score"  # 0..1, 1 = certainly bad
PROMPT_HASH: Final = "telltale.prompt.hash"  # sha256 of the template's content, hex
CACHE_HIT: Final = "telltale.cache.hit"
CACHE_KEY: Final = "telltale.cache.key"
ROUTE: Final = "telltale.route"
ROUTE_REASON: Final = "telltale.route.reason"
ROUTE_BASELINE_MODEL: Final = "telltale.route.baseline_model"
BUDGET_NAMES: Final = "telltale.budget.names"  # string[]; the budgets that a call was taken from
BUDGET_EXCEEDED: Final = "telltale.budget.exceeded"  # string[]; those that had no room for it
BUDGET_UNHELD: Final = "telltale.budget.unheld"  # string[]; "name: why" of those that could not be looked at
OPEN: Final = "telltale.open"  # true: the span was not over yet; its end is when this was said
CANCELLED: Final = (
    "telltale.cancelled"  # true: the step was cancelled while it ran (task, timeout, greenlet); no failure
)
STREAM_CANCELLED: Final = "telltale.stream.cancelled"  # true: the application closed the stream early
MENDED: Final = "telltale.mended"  # string[]; set by the collector: what of this span could not be kept as it was sent
SCORE_ID: Final = "telltale.score.id"  # idempotency: the same id is stored once
SCORE_SOURCE: Final = "telltale.score.source"  # one of SCORE_SOURCES
SCORE_AUTHOR: Final = "telltale.score.author"
SCORE_EVALUATOR_VERSION: Final = "telltale.score.evaluator_version"

KINDS: Final = (
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "prompt",
    "span",
)
GUARD_STAGES: Final = ("input", "output", "tool", "retrieval")
GUARD_VERDICTS: Final = ("pass", "flag", "redact", "block", "error")  # from good to bad
SCORE_SOURCES: Final = ("human", "judge", "code", "guard", "user")
