"""Rules on the engine that tests share."""

import pytest
from evaluated_rules import Told

from telltale_collector.store.client import Client


@pytest.fixture
def told(client: Client, project: str) -> Told:
    return Told(client, project)
