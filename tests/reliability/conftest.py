"""A collector, its store and the network between them, each of which can fail on its own."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_proxy import ChaosProxy
from engine_server import EngineServer
from site_under_test import Site


@pytest.fixture
def chance(first_seed: int) -> random.Random:
    """Draws from a seed that is printed and can be given: ``TELLTALE_SEED``."""
    return random.Random(first_seed)


@pytest.fixture
def first_seed() -> int:
    """The seed itself, for a test that counts on from it and names the one that failed."""
    seed = int(os.environ.get("TELLTALE_SEED") or random.SystemRandom().randrange(2**32))
    print(f"TELLTALE_SEED={seed}")
    return seed


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


@pytest.fixture
def options() -> list[str]:
    """Further options of the site's collector; a module may say otherwise."""
    return []


@pytest.fixture
def timeout_s() -> int:
    """The collector's patience with a silent store: short, so that tests are; a module may say otherwise."""
    return 3


@pytest.fixture
def site(tmp_path: Path, engine: EngineServer, proxy: ChaosProxy, options: list[str], timeout_s: int) -> Iterator[Site]:
    made = Site(tmp_path / "data", proxy, engine, *options, timeout_s=timeout_s)
    made.collector.start()
    yield made
    made.collector.stop()
