"""A collector, its store and the network between them, each of which can fail on its own."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos_proxy import ChaosProxy
from collector_process import CollectorProcess
from engine_server import EngineServer


@pytest.fixture
def chance() -> random.Random:
    """Draws from a seed that is printed and can be given: ``TELLTALE_SEED``."""
    seed = int(os.environ.get("TELLTALE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TELLTALE_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineServer]:
    """The engine in a process of its own."""
    made = EngineServer(tmp_path / "engine").start()
    yield made
    made.kill()


@pytest.fixture
def proxy(engine: EngineServer) -> Iterator[ChaosProxy]:
    """The network in front of the engine."""
    made = ChaosProxy(engine.port).start()
    yield made
    made.stop()


@dataclass(frozen=True, slots=True)
class Site:
    """A collector whose store is behind a network."""

    collector: CollectorProcess
    proxy: ChaosProxy
    engine: EngineServer


@pytest.fixture
def site(tmp_path: Path, engine: EngineServer, proxy: ChaosProxy) -> Iterator[Site]:
    dsn = f"clickhouse://127.0.0.1:{proxy.port}"
    collector = CollectorProcess(tmp_path / "data", "--clickhouse", dsn, "--store-timeout-s", "3").start()
    yield Site(collector, proxy, engine)
    collector.stop()
