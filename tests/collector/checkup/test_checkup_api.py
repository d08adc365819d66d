"""``GET /api/v1/checkup`` of a running collector, and the counter of what is not exact."""

import re

import otlp
import pytest
from collector_process import CollectorProcess


@pytest.fixture(scope="module")
def call(collector: CollectorProcess) -> dict:
    names = {"gen_ai.request.model": "checkup-api-model", "gen_ai.response.model": "checkup-api-model"}
    sent = otlp.llm_span(attributes={**names, "gen_ai.provider.name": "checkup-api"})
    collector.send(otlp.traces_body(sent))
    collector.settle()
    return sent


def test_faults_come_with_evidence_reason_and_remedy(collector: CollectorProcess, call: dict) -> None:
    answer = collector.get("/api/v1/checkup")
    assert {"unpriced_models", "orphans"} <= set(answer["checked"])
    (fault,) = [fault for fault in answer["faults"] if fault["name"] == "unpriced_models"]
    contract = "name title severity count share why mend examples groups looked_at of last_seen"
    assert set(fault) == set(contract.split())
    assert fault["severity"] == "error"
    assert 0 < fault["share"] <= 1
    assert fault["count"] <= fault["looked_at"]
    (group,) = [group for group in fault["groups"] if group["provider"] == "checkup-api"]
    assert (group["model"], group["count"], group["input_tokens"]) == ("checkup-api-model", 1, 1000)
    assert group["examples"] == [call["trace_id"]]
    assert group["last_seen"].endswith("Z")
    assert group["mend"] in fault["mend"].split("\n")


@pytest.mark.usefixtures("call")
def test_a_time_range_narrows_the_checkup(collector: CollectorProcess) -> None:
    assert "unpriced_models" in {f["name"] for f in collector.get("/api/v1/checkup", from_="now-1h")["faults"]}
    before = collector.get("/api/v1/checkup", from_="2001-01-01", to="2001-01-02")
    assert before["faults"] == []


def test_a_time_that_cannot_be_read_is_refused(collector: CollectorProcess) -> None:
    response = collector.client.get("/api/v1/checkup?from=soon")
    assert response.status_code == 400
    assert "not a time" in response.json()["error"]["message"]


def test_calls_are_counted_once_by_how_sure_their_cost_is(own_collector: CollectorProcess) -> None:
    running = own_collector.start()
    unknown = {"gen_ai.request.model": "home-made", "gen_ai.response.model": "home-made"}
    outer = otlp.llm_span()
    copy = otlp.llm_span(trace_id=outer["trace_id"], parent=outer["span_id"], start=outer["start"] + 1)
    agent = otlp.span("agent", attributes={"gen_ai.operation.name": "invoke_agent"})
    failed = otlp.span(
        "chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}, status=(2, "refused")
    )
    running.send(otlp.traces_body(outer, copy, agent, failed, otlp.llm_span(attributes=unknown)))
    running.settle()
    exposed = running.client.get("/metrics").text
    counted = dict(re.findall(r'telltale_calls_total\{cost_source="(\w+)"\} ([\d.]+)', exposed))
    assert {source: float(count) for source, count in counted.items()} == {"table": 1, "unpriced": 1, "none": 1}
