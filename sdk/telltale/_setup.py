"""``telltale.init``: the parts, built one after the other."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.sdk.environment_variables import OTEL_TRACES_SAMPLER
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from telltale import _exit, _heartbeat, _line, _runtime, _settings, _wire, instruments, semconv
from telltale._budget_api import BudgetApi
from telltale._collector_line import CollectorLine
from telltale._export import Shipper
from telltale._heartbeat import Heartbeats
from telltale._lane import Lane, Wire
from telltale._masking import Policy
from telltale._processor import QueueingProcessor
from telltale._safely import log, safely
from telltale._transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from telltale._masking import Capture
    from telltale._runtime import Runtime, ScoreEvent
    from telltale._settings import Settings

_SCORE_WEIGHT: Final = 1024
_OPEN_WEIGHT: Final = 4096
_once: Final = threading.Lock()
_policy: Final = [Policy()]
"""How content leaves this process, from now on."""

_is_by_itself: Final[list[bool]] = []
"""Holds something when the program runs under ``telltale run``."""


def init(  # noqa: PLR0913 - the one place where everything can be said; all optional
    *,
    endpoint: str | None = None,
    api_key: str | None = None,
    service_name: str | None = None,
    environment: str | None = None,
    capture: Capture | None = None,
    mask: Callable[[str], str] | None = None,
    instrument: bool | Sequence[str] = True,
    spool: bool | str | os.PathLike[str] | None = None,
) -> None:
    """Start tracing: the one line an application needs. Never raises; a second call does nothing.

    Args:
        endpoint: the collector's address; else TELLTALE_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT,
            http://127.0.0.1:4318.
        api_key: else TELLTALE_API_KEY.
        service_name: what this application is called; else OTEL_SERVICE_NAME.
        environment: where it runs, such as production.
        capture: full, masked (personal data and secrets are redacted) or none; else TELLTALE_CAPTURE, else
            full to this machine and masked elsewhere.
        mask: a function that each content str goes through before it leaves the process, on the export
            thread. Where it raises, the value is replaced, never sent as it was.
        instrument: True for all supported libraries that are installed, False for none, or a list of their
            names.
        spool: the directory where spans wait on disk until the collector has them, across exits and crashes. True
            for the default (the user's cache; TELLTALE_SPOOL_DIR), False for memory only; else TELLTALE_SPOOL.
            Holds at most TELLTALE_SPOOL_BYTES (256 MiB) of what would be sent, after masking.

    Example:
        >>> telltale.init(service_name="shop", environment="test")
    """
    arguments = {
        "endpoint": endpoint,
        "api_key": api_key,
        "service_name": service_name,
        "environment": environment,
        "capture": capture,
        "mask": mask,
        "instrument": instrument,
        "spool": spool,
    }
    with safely("start"), _once:
        if _runtime.current() is not _runtime.IDLE:
            _come_late(arguments)
            return
        _start(_settings.read(arguments))


def start_by_itself() -> None:
    """``init()`` on behalf of a program that does not know of it: what that says itself about content still counts."""
    init()
    _is_by_itself.append(True)


def _come_late(arguments: Mapping[str, Any]) -> None:
    given = [name for name, value in arguments.items() if value is not None and value is not True]
    if not _is_by_itself or not given:
        log.debug("init() was called before; this call changes nothing")
        return
    settings = _settings.read(arguments)
    before = _policy[0]
    _policy[0] = Policy(
        settings.capture if "capture" in given else before.capture, settings.mask if "mask" in given else before.mask
    )
    _runtime.install(dataclasses.replace(_runtime.current(), policy=_policy[0]))
    if late := sorted(set(given) - {"capture", "mask"}):
        log.warning("telltale run has started already: give %s by the environment instead of init()", ", ".join(late))


def _start(settings: Settings) -> None:
    if settings.is_disabled:
        log.debug("disabled by the environment")
        return
    policy = _policy[0] = Policy(settings.capture, settings.mask)
    resource = Resource.create(dict(settings.resource))
    spans, scores = _lanes(settings, resource)
    shipper = Shipper(
        (spans, scores),
        Transport(_urls(settings), settings.headers),
        settings.spooling,
        lambda: _look_after_open_spans(heartbeats, shipper, spans),
        instruments.end_open_calls,
    )
    first_sign_s = _heartbeat.first_sign_s()
    heartbeats = Heartbeats(first_sign_s, lambda: shipper.is_delivering, shipper.start)
    provider = _provider(resource, lambda span, weight: shipper.put(spans, span, weight), heartbeats)
    _runtime.install(_runtime_of(provider, policy, shipper, lambda event: shipper.put(scores, event, _SCORE_WEIGHT)))
    _become_global(provider)
    _line.connect(_budget_line(settings, resource, first_sign_s))
    instruments.install(settings.instrument)
    shipper.start()
    _exit.install(shipper.shutdown, shipper.keep, shipper.is_busy)
    atexit.register(lambda: _line.current().stop())


def _lanes(settings: Settings, resource: Resource) -> tuple[Lane, Lane]:
    spans = Wire(lambda batch: _wire.spans_body(batch, _policy[0]), _wire.spans_answer, _wire.spans_halves)
    scores = Wire(
        lambda batch: _wire.scores_body(batch, _policy[0], resource.attributes),
        _wire.scores_answer,
        _wire.scores_halves,
    )
    return Lane("spans", "traces", settings.traces_url, spans), Lane("scores", "logs", settings.logs_url, scores)


def _urls(settings: Settings) -> list[str]:
    wanted = (settings.traces_url, settings.logs_url, settings.spooling.report_url)
    return [url for url in wanted if url is not None]


def _look_after_open_spans(heartbeats: Heartbeats, shipper: Shipper, spans: Lane) -> None:
    """What the background thread does about spans that are open: end what is abandoned, tell of the rest."""
    instruments.end_left_calls()
    with shipper.unforked:  # open spans have locks of their own, and a forked child goes on with them
        heartbeats.tell(lambda span: shipper.put(spans, span, _OPEN_WEIGHT))


def _provider(resource: Resource, put: Callable[[Any, int], None], heartbeats: Heartbeats) -> TracerProvider:
    """A provider of our own: nobody else's spans go through it unless it becomes the process's."""
    # A foreign root that was not sampled must not take our spans with it; an explicit sampler is the user's
    # word.
    sampler = None if OTEL_TRACES_SAMPLER in os.environ else ALWAYS_ON
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(QueueingProcessor(put))
    if heartbeats.is_on:
        provider.add_span_processor(heartbeats)
    return provider


def _runtime_of(
    provider: TracerProvider, policy: Policy, shipper: Shipper, emit: Callable[[ScoreEvent], None]
) -> Runtime:
    return _runtime.Runtime(
        tracer=provider.get_tracer(_wire.SCOPE),
        policy=policy,
        now=time.time_ns,
        emit=emit,
        later=shipper.later,
        flush=functools.partial(_flush, shipper),
        finish=functools.partial(_finish, shipper),
        is_live=True,
    )


def _budget_line(settings: Settings, resource: Resource, first_sign_s: float) -> _line.Line:
    """Where budgets ask; nowhere when the destination is no Telltale collector."""
    reports = settings.spooling.report_url
    if reports is None:
        return _line.Line()
    api = BudgetApi(reports.rpartition("/")[0], settings.headers)
    known = {"service": semconv.SERVICE_NAME, "environment": semconv.DEPLOYMENT_ENVIRONMENT}
    here = {key: str(resource.attributes[name]) for key, name in known.items() if name in resource.attributes}
    return CollectorLine(api, here, holds_everywhere=settings.holds_budgets, first_sign_s=first_sign_s)


def _become_global(provider: TracerProvider) -> None:
    """So that other instrumentations reach us; never in place of a provider that somebody has chosen."""
    with safely("become the global tracer provider"):
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            trace.set_tracer_provider(provider)


def _flush(shipper: Shipper, timeout_s: float) -> bool:
    with safely("finish abandoned streams"):
        instruments.end_left_calls(0.0)
    return shipper.flush(timeout_s)


def _finish(shipper: Shipper, timeout_s: float) -> bool:
    with safely("finish what is recorded"):
        _line.current().stop()
        shipper.shutdown(timeout_s)
    return shipper.pending() == 0
