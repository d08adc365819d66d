"""What ``init()`` was told, by its arguments or by the environment, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast, get_args
from urllib.parse import unquote, urlsplit

from telltale import semconv
from telltale._masking import Capture
from telltale._safely import log
from telltale._spooling import Spooling, destination, report_url, spool_limit, spool_paths
from telltale._transport import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEFAULT_ENDPOINT: Final = "http://127.0.0.1:4318"
_TRACES: Final = "/v1/traces"
_LOGS: Final = "/v1/logs"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that setup needs to know.

    Attributes:
        traces_url: where spans are posted.
        logs_url: where scores are posted.
        headers: sent with every request.
        resource: resource attributes given here; OpenTelemetry adds its own and those of
            OTEL_RESOURCE_ATTRIBUTES.
        capture: full, masked or none.
        mask: the application's own mask function.
        instrument: True for all installed libraries, False for none, or their names.
        spooling: what waits on disk, and where.
        holds_budgets: TELLTALE_BUDGETS: the collector's budgets hold in the whole process.
        is_disabled: TELLTALE_DISABLED or OTEL_SDK_DISABLED.
    """

    traces_url: str
    logs_url: str
    headers: Mapping[str, str]
    resource: Mapping[str, str]
    capture: Capture
    mask: Callable[[str], str] | None
    instrument: bool | Sequence[str]
    spooling: Spooling
    holds_budgets: bool
    is_disabled: bool


def read(arguments: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Arguments before TELLTALE_* before OTEL_*. What is unusable costs one warning and its default."""
    traces_url, logs_url = _urls(arguments.get("endpoint"), environ)
    headers = _headers(arguments.get("api_key"), environ)
    return Settings(
        traces_url=traces_url,
        logs_url=logs_url,
        headers=headers,
        resource=_resource(arguments),
        capture=_capture(arguments.get("capture") or environ.get("TELLTALE_CAPTURE"), traces_url),
        mask=_mask(arguments.get("mask")),
        instrument=_instrument(arguments.get("instrument", True)),
        spooling=Spooling(
            paths=spool_paths(arguments.get("spool"), environ),
            limit=spool_limit(environ),
            header=destination(traces_url, logs_url, headers),
            report_url=report_url(traces_url),
        ),
        holds_budgets=_is_true(environ, "TELLTALE_BUDGETS"),
        is_disabled=_is_true(environ, "TELLTALE_DISABLED") or _is_true(environ, "OTEL_SDK_DISABLED"),
    )


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() in _TRUE


def _urls(endpoint: Any, environ: Mapping[str, str]) -> tuple[str, str]:
    ours = endpoint or environ.get("TELLTALE_ENDPOINT")
    if ours:
        return _from_base(ours, "endpoint" if endpoint else "TELLTALE_ENDPOINT")
    base = _from_base(environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or DEFAULT_ENDPOINT, "OTEL_EXPORTER_OTLP_ENDPOINT")
    traces, logs = (environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") for signal in ("TRACES", "LOGS"))
    if traces and _is_usable(traces, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        # Scores belong to the traces: without an address of their own they go to the same collector.
        base = (traces, _from_base(traces, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")[1])
    if logs and _is_usable(logs, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"):
        base = (base[0], logs)
    return base


def _from_base(endpoint: Any, source: str) -> tuple[str, str]:
    base = str(endpoint) if _is_usable(endpoint, source) else DEFAULT_ENDPOINT
    base = base.strip().rstrip("/").removesuffix(_TRACES)
    return base + _TRACES, base + _LOGS


def _is_usable(url: Any, source: str) -> bool:
    try:
        parts = urlsplit(str(url).strip())
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable:
        log.warning("%s %r is no http(s) address; give one like %s. using that one", source, url, DEFAULT_ENDPOINT)
    return is_usable


def _headers(api_key: Any, environ: Mapping[str, str]) -> dict[str, str]:
    headers = _pairs(environ, "OTEL_EXPORTER_OTLP_HEADERS") | _pairs(environ, "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
    key = api_key or environ.get("TELLTALE_API_KEY")
    if key and str(key).strip().isascii() and str(key).isprintable():
        headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {str(key).strip()}"
    elif key:
        log.warning("the api key has characters that no header can carry; give it as it was printed. going on without")
    return headers


def _pairs(environ: Mapping[str, str], name: str) -> dict[str, str]:
    pairs = {}
    for item in environ.get(name, "").split(","):
        key, sign, value = item.partition("=")
        if sign and key.strip():
            pairs[unquote(key.strip())] = unquote(value.strip())
        elif item.strip():
            log.warning("%s has a part without '='; write key=value,key2=value2. leaving that part out", name)
    return pairs


def _resource(arguments: Mapping[str, Any]) -> dict[str, str]:
    named = {
        semconv.SERVICE_NAME: arguments.get("service_name"),
        semconv.DEPLOYMENT_ENVIRONMENT: arguments.get("environment"),
    }
    return {key: str(value) for key, value in named.items() if value}


def _capture(value: Any, traces_url: str) -> Capture:
    default: Capture = "full" if is_loopback(traces_url) else "masked"
    if value is None or value in get_args(Capture):
        return cast("Capture", value or default)
    log.warning("capture %r is unknown; use full, masked or none. using masked", value)
    return "masked"


def _mask(value: Any) -> Callable[[str], str] | None:
    if value is None or callable(value):
        return cast("Callable[[str], str] | None", value)
    log.warning("mask must be a function of a str, not %s; content is left out instead", type(value).__name__)
    return _nothing


def _nothing(_text: str) -> str:
    """In place of a mask that cannot run: what was to be masked must not leave unmasked."""
    return "[masking failed]"


def _instrument(value: Any) -> bool | Sequence[str]:
    if isinstance(value, bool):
        return value
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in value):
        return tuple(value)
    log.warning("instrument %r must be True, False or a list of library names; using True", value)
    return True
