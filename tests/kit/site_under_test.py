"""A collector whose store is behind a network, each of which can fail on its own."""

from pathlib import Path

from chaos_proxy import ChaosProxy
from collector_process import CollectorProcess
from engine_server import EngineServer


class Site:
    """``timeout_s`` is the collector's patience with a silent store, ``options`` more of ``telltale up``."""

    def __init__(
        self, data_dir: Path, proxy: ChaosProxy, engine: EngineServer, *options: str, timeout_s: int = 3
    ) -> None:
        self.timeout_s = timeout_s
        self.proxy = proxy
        self.engine = engine
        dsn = f"clickhouse://127.0.0.1:{proxy.port}"
        timeout = ("--store-timeout-s", str(timeout_s))
        self.collector = CollectorProcess(data_dir, "--clickhouse", dsn, *timeout, *options)
