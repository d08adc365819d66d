"""Every setting of the collector, once: the command line, the environment and the documentation come from this list."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from telltale_collector.errors import StartError

PREFIX = "TELLTALE_"

_HTTP_PORT = 4318
_GRPC_PORT = "4317"


def setting(default: Any, help_text: str, read: Callable[[str], Any] = str) -> Any:
    """A field of Settings: its default, what it means, and how its text is read."""
    return field(default=default, metadata={"help": help_text, "read": read})


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError
    return value


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 65536:
        raise ValueError
    return value


def _grpc_port(text: str) -> str:
    return "off" if text == "off" else str(_port(text))


def _networks(text: str) -> str:
    for part in filter(None, map(str.strip, text.split(","))):
        ip_network(part)
    return text


def _switch(text: str) -> str:
    if text not in {"on", "off"}:
        raise ValueError
    return text


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
        raise ValueError
    return text


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is an option of ``telltale up`` and a variable ``TELLTALE_<NAME>``; the option wins."""

    host: str = setting("127.0.0.1", "address to listen on; only loopback is allowed while there are no keys")
    port: int = setting(_HTTP_PORT, "port of OTLP/HTTP, the API and the UI; 0 takes any free one", _port)
    grpc_port: str = setting("", "port of OTLP/gRPC; empty: 4317 beside the default port, else off", _grpc_port)
    data_dir: Path = setting(Path("~/.telltale").expanduser(), "folder of the write-ahead log and the store", _path)
    clickhouse: str = setting("", "DSN of a ClickHouse server; empty: the embedded engine in the data folder")
    store_timeout_s: int = setting(60, "longest silence of a ClickHouse server before a request is repeated", _positive)
    price_file: Path | None = setting(None, "YAML file of own prices, used before list prices", _optional_path)
    max_body_bytes: int = setting(64 << 20, "largest request, also after inflating", _positive)
    memory_budget_bytes: int = setting(
        256 << 20, "most bytes of requests in memory before senders are told to wait", _positive
    )
    header_timeout_s: int = setting(
        10, "longest wait for the headers of a request, and for its body to come at 1 KiB/s", _positive
    )
    answer_timeout_s: int = setting(60, "longest wait for a client to take its answer at 1 KiB/s", _positive)
    idle_timeout_s: int = setting(75, "how long a connection may stay open without a request", _positive)
    wal_budget_bytes: int = setting(8 << 30, "largest backlog on disk before senders are told to wait", _positive)
    batch_spans: int = setting(8_000, "most spans in one insert", _positive)
    batch_bytes: int = setting(32 << 20, "most bytes of requests in one insert; a larger one goes alone", _positive)
    ack_delay_ms: int = setting(
        120,
        "longest wait of an acknowledgement while the store is behind, so that senders go at its pace; 0: none",
        _whole,
    )
    read_ahead_spans: int = setting(
        2000,
        "batches of so many spans are read by further processes, where there is a core and 2 GiB for them; 0: none",
        _whole,
    )
    linger_ms: int = setting(200, "longest wait for more spans before an insert", _positive)
    alerts: str = setting(
        "on", "on or off: of several collectors on one ClickHouse server, one evaluates alert rules", _switch
    )
    alert_rules: Path | None = setting(
        None, "YAML file of own alert rules and of changes to those that come with the collector", _optional_path
    )
    public_url: str = setting(
        "", "where readers' browsers find the UI, for links in alerts; empty: the address it listens on", _http_url
    )
    alertmanager_url: str = setting("", "URL of a Prometheus Alertmanager that is told of all alerts", _http_url)
    alert_webhook_url: str = setting("", "URL that gets all alerts, as JSON of Alertmanager's webhooks", _http_url)
    alert_email_to: str = setting("", "addresses of mail that get all alerts, with commas between them")
    smtp_url: str = setting(
        "", "mail server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465"
    )
    smtp_from: str = setting("", "address that mail about alerts comes from")
    alert_networks: str = setting(
        "",
        "networks that saved receivers of alerts may be in beside public addresses: 10.1.0.0/16,192.168.7.0/24",
        _networks,
    )

    @property
    def grpc_address(self) -> str | None:
        """Where gRPC is served; None: nowhere. A second collector on a port of its own must not fight for 4317."""
        port = self.grpc_port or (_GRPC_PORT if self.port == _HTTP_PORT else "off")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return None if port == "off" else f"{host}:{port}"

    @property
    def dsn(self) -> str:
        return self.clickhouse or f"chdb://{self.data_dir}/clickhouse"


def read_settings(options: Mapping[str, str | None], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from options and environment variables; an option that is None was not given.

    Raises:
        StartError: a value is not of its type; the text names the setting.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for known in fields(Settings):
        text = options.get(known.name)
        text = environment.get(PREFIX + known.name.upper()) if text is None else text
        if text is None:
            continue
        try:
            values[known.name] = known.metadata["read"](text)
        except ValueError as error:
            raise StartError(
                f"setting {known.name}: {text!r} is not allowed",
                f"{known.metadata['help']} (default {known.default})",
            ) from error
    return Settings(**values)
