"""One embedded engine for these tests; each test has a project of its own."""

import itertools
from collections.abc import Iterator

import pytest

from telltale_collector.store.client import Client
from telltale_collector.store.migrate import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    made = Client(f"chdb://{tmp_path_factory.mktemp('store')}/clickhouse")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def project() -> str:
    return f"project-{next(_numbers)}"
