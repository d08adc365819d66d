"""Traffic that every panel has something to show of."""

import pytest
from board_traffic import BoardTraffic

from telltale_collector.store.client import Client


@pytest.fixture(scope="session")
def traffic(client: Client) -> BoardTraffic:
    seeded = BoardTraffic(client, "boards")
    seeded.seed()
    return seeded
