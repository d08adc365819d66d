"""A project of its own for each test."""

import pytest
from embedded_store import Store

from telltale_collector.store.client import Client


@pytest.fixture
def store(client: Client, project: str) -> Store:
    return Store(client, project)
