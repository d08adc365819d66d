"""What the doctor asks of a collector, over HTTP: is it ready, does a span arrive, which faults are in the data."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from telltale._doctor_check import Check
from telltale._transport import is_loopback
from telltale._version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATIENCE_S: Final = 15.0
_PAUSE_S: Final = 0.05
_MOST_MENDS: Final = 5


class Unreachable(Exception):
    """Nothing that is a collector answers; the text says what happened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its HTTP status, and its JSON (None where it is none)."""

    status: int
    json: Any


class Collector:
    """One collector.

    Args:
        url: its address, without a path.
        api_key: sent as a bearer token; may be empty.
    """

    def __init__(self, url: str, api_key: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {api_key}"} if api_key else {}
        )
        self._opener = build_opener(ProxyHandler({} if is_loopback(url) else None))

    def ask(self, path: str, body: Mapping[str, Any] | None = None, timeout_s: float = 10.0) -> Reply:
        """GET, or POST where there is a body.

        Raises:
            Unreachable: no whole answer came.
        """
        data = None if body is None else json.dumps(body).encode()
        try:
            request = Request(self.url + path, data, self._headers)  # noqa: S310 - the address is the user's own
            with self._opener.open(request, timeout=timeout_s) as answer:
                return Reply(answer.status, _json(answer.read()))
        except HTTPError as error:
            with error:
                return Reply(error.code, _json(error.read()))
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"{reason}" or type(reason).__name__) from error


def check_ready(collector: Collector) -> Check:
    """Whether it takes and stores spans.

    Raises:
        Unreachable: nothing answers there, or something that is no collector.
    """
    reply = collector.ask("/readyz")
    said = reply.json if isinstance(reply.json, dict) else {}
    if reply.status in {401, 403}:
        return Check("fault", "collector", f"{collector.url} wants a key", ("export TELLTALE_API_KEY=tt_...",))
    if "status" not in said:
        raise Unreachable(f"something else answers there (HTTP {reply.status})")
    if said["status"] != "ready":
        return Check(
            "fault", "collector", f"{collector.url} is up and not ready: {said.get('reason', 'no reason given')}"
        )
    return Check("ok", "collector", f"{collector.url} is ready")


def check_version(answer: Mapping[str, Any]) -> Check:
    """Whether SDK and collector are of one version."""
    version = answer.get("version", "unknown")
    if version == __version__:
        return Check("ok", "version", f"{version}, here and in the collector")
    return Check("note", "version", f"{__version__} here, {version} in the collector", ("pip install -U telltale-llm",))


def check_round_trip(collector: Collector) -> Check:
    """Send a span, and find it again as a reader would."""
    trace_id = secrets.token_hex(16)
    began = time.monotonic()
    sent = collector.ask("/v1/traces", _span(trace_id))
    if sent.status != 200:
        return Check(
            "fault", "round trip", f"a test span is refused: HTTP {sent.status} {_message(sent.json)}".rstrip()
        )
    while time.monotonic() - began < _PATIENCE_S:
        if collector.ask(f"/api/v1/traces/{trace_id}").status == 200:
            took_s = time.monotonic() - began
            return Check("ok", "round trip", f"a test span was sent and found again after {took_s * 1000:.0f} ms")
        time.sleep(_PAUSE_S)
    text = f"a test span was accepted and is not to be found after {_PATIENCE_S:.0f} s"
    return Check(
        "fault", "round trip", text, (f"curl -s {collector.url}/api/v1/stats  # wal_pending_spans waits for the store",)
    )


def fetch_checkup(collector: Collector, since: str) -> Reply:
    """The collector's own checkup of the spans that start at ``since`` or later."""
    return collector.ask(f"/api/v1/checkup?{urlencode({'from': since})}", timeout_s=120.0)


def check_data(collector: Collector, reply: Reply, since: str) -> list[Check]:
    """A line for each fault in the stored spans."""
    if reply.status != 200 or not isinstance(reply.json, dict):
        text = f"the checkup of the data failed: HTTP {reply.status} {_message(reply.json)}".rstrip()
        return [Check("fault", "data", text)]
    faults = reply.json["faults"]
    if not faults:
        return [
            Check("ok", "data", f"{len(reply.json['checked'])} kinds of fault looked for since {since}, none found")
        ]
    return [_of_fault(collector, fault) for fault in faults]


def _of_fault(collector: Collector, fault: Mapping[str, Any]) -> Check:
    lines = fault["mend"].split("\n")
    left = len(lines) - _MOST_MENDS
    mends = (*lines[:_MOST_MENDS], *([f"# {left} more: {collector.url}/checkup"] if left > 0 else []))
    seen = f" (see {collector.url}/traces/{fault['examples'][0]})" if fault["examples"] else ""
    text = f"{fault['title']}: {fault['count']} of {fault['looked_at']} {fault['of']}, {fault['share']:.0%}{seen}"
    return Check("note" if fault["severity"] == "info" else "fault", "data", text, mends)


def _span(trace_id: str) -> dict[str, Any]:
    now = time.time_ns()
    span = {
        "traceId": trace_id,
        "spanId": secrets.token_hex(8),
        "name": "telltale doctor",
        "kind": 1,
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now),
    }
    service = {"key": "service.name", "value": {"stringValue": "telltale-doctor"}}
    scope = {"scope": {"name": "telltale.doctor"}, "spans": [span]}
    return {"resourceSpans": [{"resource": {"attributes": [service]}, "scopeSpans": [scope]}]}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _message(answer: Any) -> str:
    """What a refusal says: the API's error, or the OTLP status."""
    if not isinstance(answer, dict):
        return ""
    error = answer.get("error", answer)
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)
