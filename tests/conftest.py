"""Fixtures that more than one folder of tests uses."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector_process import CollectorProcess
from figures import FigureRecorder
from sender_environment import Senders, made_senders

from telltale_collector.store.client import Client
from telltale_collector.store.migrate import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _spool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs that tests start keep what they cannot send away from the developer's own spool."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELLTALE_SPOOL_DIR", str(tmp_path_factory.mktemp("spool")))
        yield


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The embedded engine, one for all tests: a process can open a single one."""
    made = Client(f"chdb://{tmp_path_factory.mktemp('store')}/clickhouse")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def project() -> str:
    """A project of the test's own on the shared engine."""
    return f"project-{next(_numbers)}"


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A running collector that tests share: use ids of your own (``otlp.new_trace_id()``)."""
    running = CollectorProcess(tmp_path_factory.mktemp("collector") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def own_collector(tmp_path: Path) -> Iterator[CollectorProcess]:
    """A collector of the test's own, empty and not yet started."""
    made = CollectorProcess(tmp_path / "data")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def record_figure() -> FigureRecorder:
    """Keeps a figure that a reliability test reached: ``record_figure("spans lost", lost, "0")``."""
    return FigureRecorder()


@pytest.fixture(scope="session")
def senders() -> Senders:
    """The environment with the SDKs of others."""
    return made_senders()


FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def otlp_fixtures() -> Path:
    """Recorded OTLP payloads of real libraries, with ground truth."""
    return FIXTURES / "otlp"
