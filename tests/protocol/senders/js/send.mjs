// Spans from OpenTelemetry's JavaScript SDK: node send.mjs proto|http|grpc ENDPOINT PAIRS. What was sent goes to stdout.
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const [kind, url, pairs] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
const nanoseconds = ([seconds, rest]) => String(BigInt(seconds) * 1_000_000_000n + BigInt(rest));
const sent = [];
const recorder = {
  onStart() {},
  onEnd(span) {
    const { traceId, spanId } = span.spanContext();
    sent.push({
      trace_id: traceId,
      span_id: spanId,
      parent_span_id: span.parentSpanContext?.spanId ?? null,
      name: span.name,
      start_ns: nanoseconds(span.startTime),
      end_ns: nanoseconds(span.endTime),
      attributes: span.attributes,
    });
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};
const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": `js-${kind}` }),
  spanProcessors: [recorder, new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
});
const tracer = provider.getTracer("senders", "1.2.3");
for (let number = 0; number < Number(pairs); number += 1) {
  const outer = tracer.startSpan(`outer ${number}`, { kind: SpanKind.CLIENT });
  outer.setAttributes({ number, ratio: number / 7, flag: number % 2 === 0, text: `ünï ${number} 🚀`, list: ["a", "b"] });
  outer.setAttributes({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o" });
  if (number % 10 === 0) outer.setStatus({ code: SpanStatusCode.ERROR, message: "as planned" });
  tracer.startSpan("inner", {}, trace.setSpan(context.active(), outer)).end();
  outer.end();
}
await provider.forceFlush();
await provider.shutdown();
process.stdout.write(JSON.stringify(sent));
