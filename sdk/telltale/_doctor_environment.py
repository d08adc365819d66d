"""Environment variables that contradict each other, or send spans past the collector. One rule a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlsplit

from telltale._doctor_check import Check
from telltale._masking import Capture
from telltale._settings import DEFAULT_ENDPOINT
from telltale._transport import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OURS: Final = "TELLTALE_ENDPOINT"
_BASE: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_WHOLE: Final = frozenset({"always_on", "parentbased_always_on"})
_GRPC_PORT: Final = 4317
_HTTP_PORT: Final = 4318


def check_environment(environ: Mapping[str, str], url: str) -> list[Check]:
    """All rules over the variables that are set.

    Args:
        environ: the environment.
        url: the collector that spans should reach.

    Returns:
        A fault or note each, or one line that says where spans go.
    """
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    found = [check for rule in _RULES for check in rule(given, url)]
    return found or [Check("ok", "environment", f"spans go to {url}")]


def _disabled(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    for name in ("TELLTALE_DISABLED", "OTEL_SDK_DISABLED"):
        if given.get(name, "").lower() in _TRUE:
            yield _fault(f"{name}={given[name]}: nothing is traced", f"unset {name}")


def _elsewhere(given: Mapping[str, str], url: str) -> Iterator[Check]:
    """Where ``telltale.init()`` sends to; its own variable comes before OpenTelemetry's."""
    name = next((name for name in (_OURS, _TRACES, _BASE) if name in given), None)
    if name is None:
        if _place(url) != _place(DEFAULT_ENDPOINT):
            yield _fault(f"nothing says {url}: spans go to {DEFAULT_ENDPOINT}", f"export {_OURS}={url}")
        return
    if _place(given[name]) is None:
        yield _fault(f"{name}={given[name]} is no http(s) address", f"export {name}={_as_written(name, url)}")
    elif _place(given[name]) != _place(url):
        yield _fault(
            f"{name}={given[name]} points elsewhere: spans do not reach {url}",
            f"export {name}={_as_written(name, url)}",
            f"telltale doctor --url {_origin(given[name])}",
        )


def _contradiction(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    ours = given.get(_OURS)
    for name in (_TRACES, _BASE):
        if ours and name in given and _place(given[name]) != _place(ours):
            yield _fault(
                f"{_OURS}={ours} and {name}={given[name]} contradict each other:"
                " telltale.init() follows the first, every other exporter the second",
                f"export {name}={_as_written(name, _origin(ours))}",
            )


def _path(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    """OpenTelemetry appends /v1/traces to the base address, and nothing to the one for traces."""
    if given.get(_BASE, "").rstrip("/").endswith("/v1/traces"):
        yield _fault(
            f"{_BASE}={given[_BASE]} ends in /v1/traces: exporters append it once more",
            f"export {_BASE}={given[_BASE].rstrip('/').removesuffix('/v1/traces')}",
        )
    if _place(given.get(_TRACES, "")) is not None and urlsplit(given[_TRACES]).path in {"", "/"}:
        yield _fault(
            f"{_TRACES}={given[_TRACES]} has no path: exporters take it as it is",
            f"export {_TRACES}={given[_TRACES].rstrip('/')}/v1/traces",
        )


def _protocol(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    name = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
    name = name if name in given else "OTEL_EXPORTER_OTLP_PROTOCOL"
    protocol = given.get(name, "")
    place = _place(given.get(_TRACES) or given.get(_BASE) or "")
    port = None if place is None else place[1]
    if protocol == "grpc" and port == _HTTP_PORT:
        yield _fault(f"{name}=grpc, and port {port} speaks HTTP", f"export {name}=http/protobuf")
    if protocol.startswith("http/") and port == _GRPC_PORT:
        yield _fault(f"{name}={protocol}, and port {port} is for gRPC", f"export {_BASE}={DEFAULT_ENDPOINT}")


def _exporter(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    name = "OTEL_TRACES_EXPORTER"
    if name in given and "otlp" not in given[name]:
        text = f"{name}={given[name]}: spans of zero-code instrumentation go nowhere near a collector"
        yield Check("note", "environment", text, (f"export {name}=otlp",))


def _sampler(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    name = "OTEL_TRACES_SAMPLER"
    sampler, share = given.get(name, "always_on"), given.get("OTEL_TRACES_SAMPLER_ARG", "1")
    if sampler in _WHOLE or (sampler.endswith("traceidratio") and share in {"1", "1.0"}):
        return
    yield _fault(f"{name}={sampler}: traces are left out, so sums and costs are too low", f"unset {name}")


def _proxy(given: Mapping[str, str], url: str) -> Iterator[Check]:
    """Telltale goes past proxies to this machine; the usual exporters do not."""
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    name = next((name for name in names if name in given), None)
    host = urlsplit(url).hostname or ""
    excepted = given.get("no_proxy", given.get("NO_PROXY", ""))
    if name is None or not is_loopback(url) or host in excepted.split(",") or excepted == "*":
        return
    yield _fault(
        f"{name} is set and NO_PROXY lacks {host}: other exporters ask the proxy for {url}",
        f"export NO_PROXY={','.join(filter(None, (excepted, host)))}",
    )


def _capture(given: Mapping[str, str], _url: str) -> Iterator[Check]:
    known = get_args(Capture)
    value = given.get("TELLTALE_CAPTURE")
    if value is not None and value not in known:
        yield _fault(f"TELLTALE_CAPTURE={value} is unknown and taken as masked", f"export TELLTALE_CAPTURE={known[0]}")


_RULES: Final[tuple[Callable[[Mapping[str, str], str], Iterator[Check]], ...]] = (
    _disabled,
    _elsewhere,
    _contradiction,
    _path,
    _protocol,
    _exporter,
    _sampler,
    _proxy,
    _capture,
)


def _fault(text: str, *mends: str) -> Check:
    return Check("fault", "environment", text, mends)


def _place(url: str) -> tuple[str, int] | None:
    """(host, port), this machine under one name; None for what is no http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return "loopback" if is_loopback(url) else parts.hostname, port


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _as_written(name: str, url: str) -> str:
    return f"{url}/v1/traces" if name == _TRACES else url
