"""Clients send the same again, in any order, across restarts: every number is that of sending once."""

import os
import random
from pathlib import Path

import otlp
from collector_process import CollectorProcess
from figures import FigureRecorder
from rag_trace import RagTrace

REQUESTS = int(os.environ.get("TELLTALE_RESENT_REQUESTS", "60"))
COPIES = 10
GROUPS = ("model", "user_id", "service")


def requests(chance: random.Random) -> list[tuple[str, bytes]]:
    """Traces, some of them spread over two requests, log events and scores, each as signal and body."""
    made: list[tuple[str, bytes]] = []
    for at in range(REQUESTS):
        trace = RagTrace(user=f"u{at % 7}", model=chance.choice(["gpt-4o", "gpt-4o-mini", "house"]), question=f"q{at}")
        spans = trace.spans()
        cut = chance.choice([0, 2])
        made += [("traces", otlp.traces_body(*part)) for part in (spans[:cut], spans[cut:]) if part]
        judged = {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.value": at / REQUESTS}
        event = {"event": "gen_ai.evaluation.result", "trace_id": trace.trace_id, "span_id": trace.root_id}
        made.append(("logs", otlp.logs_body(event | {"time": trace.spans()[0]["start"], "attributes": judged})))
    return made


def numbers(collector: CollectorProcess) -> dict[str, object]:
    """All that a user reads sums from."""
    collector.settle()
    found: dict[str, object] = {f"usage by {by}": collector.get("/api/v1/usage", group_by=by) for by in GROUPS}
    found["traces"] = collector.get("/api/v1/traces", limit=1000)["traces"]
    found["scores"] = collector.get("/api/v1/scores", limit=1000)["scores"]
    stats = collector.get("/api/v1/stats")
    return found | {"stats": {name: stats[name] for name in ("spans", "traces", "llm_calls", "oldest", "newest")}}


def send_all(collector: CollectorProcess, sent: list[tuple[str, bytes]]) -> None:
    for signal, body in sent:
        assert collector.send(body, signal).status_code == 200


def test_what_is_sent_many_times_counts_once(
    tmp_path: Path, chance: random.Random, record_figure: FigureRecorder
) -> None:
    made = requests(chance)
    once = CollectorProcess(tmp_path / "once").start()
    send_all(once, made)
    wanted = numbers(once)
    once.stop()

    copies = [request for request in made for _ in range(chance.randint(1, COPIES))]
    chance.shuffle(copies)
    third = len(copies) // 3
    many = CollectorProcess(tmp_path / "many").start()
    send_all(many, copies[:third])
    many.kill()
    many.start()
    send_all(many, copies[third : 2 * third])
    many.stop()
    many.start()
    send_all(many, copies[2 * third :])
    got = numbers(many)
    many.stop()
    differing = [name for name in wanted if got[name] != wanted[name]]
    record_figure("requests", len(made))
    record_figure("requests with their repetitions", len(copies))
    record_figure("answers (usage, traces, scores, counts) that differ from sending once", len(differing), "0")
    for name in wanted:
        assert got[name] == wanted[name], name
