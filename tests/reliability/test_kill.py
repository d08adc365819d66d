"""kill -9 under load: what was acknowledged is there afterwards, once, unchanged.

An oracle issues spans whose content is a function of their id. An acknowledged span is an obligation; one that was not
acknowledged is sent again, as a real client does. After the last kill a judge asks the query API.
"""

import os
import random
import threading
from dataclasses import dataclass, field

import httpx
import otlp
from collector_process import CollectorProcess

TRIALS = int(os.environ.get("TELLTALE_KILL_TRIALS", "20"))
CLIENTS = 4
SPANS_A_REQUEST = 20


@dataclass
class Oracle:
    """What was sent and what was acknowledged, over all trials."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def content_of(number: int) -> dict[str, object]:
    return {"number": number, "text": f"span {number} " * (number % 7 + 1)}


def request_of(numbers: range) -> tuple[bytes, list[str]]:
    spans = [otlp.span(f"n{number}", attributes=content_of(number)) for number in numbers]
    return otlp.traces_body(*spans), [
        f"{span['trace_id']}:{number}" for span, number in zip(spans, numbers, strict=True)
    ]


def send_until_killed(collector: CollectorProcess, oracle: Oracle, first: int, killed: threading.Event) -> None:
    """One client: sends as fast as it is answered, sends again what got no answer."""
    number = first
    with httpx.Client(base_url=collector.url, timeout=10) as client:
        while not killed.is_set() and send_one(client, oracle, number):
            number += SPANS_A_REQUEST


def send_one(client: httpx.Client, oracle: Oracle, first: int) -> bool:
    """Whether it was answered; an unanswered request is remembered for sending again."""
    body, keys = request_of(range(first, first + SPANS_A_REQUEST))
    try:
        answer = client.post("/v1/traces", content=body, headers={"content-type": "application/x-protobuf"})
    except httpx.TransportError:
        with oracle.lock:
            oracle.unanswered.append(body)
            oracle.acknowledged |= dict.fromkeys(keys, 0)
        return False
    assert answer.status_code == 200
    with oracle.lock:
        oracle.acknowledged |= dict.fromkeys(keys, 1)
    return True


def resend(collector: CollectorProcess, oracle: Oracle) -> None:
    for body in oracle.unanswered:
        assert collector.send(body).status_code == 200
    oracle.unanswered.clear()


def test_nothing_acknowledged_is_lost_doubled_or_changed_by_kill_9(own_collector: CollectorProcess) -> None:
    seed = int(os.environ.get("TELLTALE_SEED", random.randrange(2**32)))
    print(f"TELLTALE_SEED={seed} TELLTALE_KILL_TRIALS={TRIALS}")
    moments = random.Random(seed)
    oracle = Oracle()
    own_collector.start()
    for trial in range(TRIALS):
        killed = threading.Event()
        clients = [
            threading.Thread(
                target=send_until_killed,
                args=(own_collector, oracle, (trial * CLIENTS + client) * 1_000_000, killed),
            )
            for client in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        killed.wait(moments.uniform(0.05, 1.2))
        own_collector.kill()
        killed.set()
        for client in clients:
            client.join()
        own_collector.start()
        resend(own_collector, oracle)
    judge(own_collector, oracle)


def judge(collector: CollectorProcess, oracle: Oracle) -> None:
    collector.settle()
    stored: dict[str, int] = {}
    cursor = ""
    while cursor is not None:
        page = collector.get("/api/v1/spans", limit=10_000, fields="trace_id,name,attributes", cursor=cursor)
        for span in page["spans"]:
            number = int(span["name"][1:])
            assert span["attributes"] == content_of(number)
            key = f"{span['trace_id']}:{number}"
            stored[key] = stored.get(key, 0) + 1
        cursor = page["next_cursor"]
    acknowledged = {key for key, answered in oracle.acknowledged.items() if answered}
    print(f"{len(acknowledged)} spans acknowledged at once, {len(oracle.acknowledged)} issued, {len(stored)} stored")
    assert len(acknowledged) > TRIALS * SPANS_A_REQUEST, "the kills came before any load"
    assert len(oracle.acknowledged) > len(acknowledged), "no kill hit a request: the test proved nothing"
    assert set(oracle.acknowledged) - set(stored) == set(), "acknowledged spans are lost"
    assert set(stored) - set(oracle.acknowledged) == set(), "spans that nobody sent"
    assert {key for key, count in stored.items() if count > 1} == set(), "spans are doubled"
    assert collector.get("/api/v1/stats")["spans"] == len(oracle.acknowledged)
