"""Requests at a rate that no answer slows down: python flood_sender.py PORT REQUESTS_PER_S SECONDS CONNECTIONS SEED.

Each request is a trace of its own. What came of them goes to stdout as JSON, by status; ``late`` were not sent, because
all connections were waiting for an answer when their turn came.
"""

import asyncio
import json
import sys
import time
from collections import Counter

import otlp
import uvloop
from raw_http import head

SPANS = 20
_PLACE = bytes.fromhex("5e" * 16)


def make_template() -> bytes:
    """A request of chats, about 1.5 KiB each."""
    spans = [
        otlp.llm_span(question="why? " * 100, answer="because. " * 60, trace_id=_PLACE.hex(), span_id=f"{at + 1:016x}")
        for at in range(SPANS)
    ]
    body = otlp.traces_body(*spans)
    return head(len(body)) + body


def request_of(trace_number: int, template: bytes) -> bytes:
    return template.replace(_PLACE, trace_number.to_bytes(16, "big"))


class Flood:
    """One run; ``seed`` keeps its traces apart from those of others."""

    def __init__(self, port: int, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._port = port
        self._number = seed << 40
        self._template = make_template()

    async def run(self, requests_s: float, seconds: float, connections: int) -> None:
        """Send until the time is over, then wait for what is under way."""
        turns: asyncio.Queue[None] = asyncio.Queue(maxsize=connections)
        workers = [asyncio.create_task(self._work(turns)) for _ in range(connections)]
        begun, given = time.monotonic(), 0
        while (now := time.monotonic() - begun) < seconds:
            due = int(now * requests_s)
            for _ in range(due - given):
                self._give(turns)
            given = due
            await asyncio.sleep(0.002)
        await turns.join()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _give(self, turns: asyncio.Queue[None]) -> None:
        try:
            turns.put_nowait(None)
        except asyncio.QueueFull:
            self.counts["late"] += 1

    async def _work(self, turns: asyncio.Queue[None]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while True:
            await turns.get()
            self._number += 1
            writer.write(request_of(self._number, self._template))
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.lower().split(b"\r\n")
            length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            self.counts[lines[0].split()[1].decode()] += 1
            turns.task_done()


def main() -> None:
    port, requests_s, seconds, connections, seed = sys.argv[1:]
    flood = Flood(int(port), int(seed))
    uvloop.run(flood.run(float(requests_s), float(seconds), int(connections)))
    print(json.dumps(flood.counts))


if __name__ == "__main__":
    main()
