"""What the checkup's tests send: who instruments a call, and the attributes that a faulty one lacks."""

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
OPENLLMETRY = "opentelemetry.instrumentation.openai.v1"
OPENINFERENCE = "openinference.instrumentation.openai"
UNCOUNTED = {
    "gen_ai.request.stream": True,
    "gen_ai.usage.input_tokens": None,
    "gen_ai.usage.output_tokens": None,
}
WORDLESS = {"gen_ai.input.messages": None, "gen_ai.output.messages": None}
