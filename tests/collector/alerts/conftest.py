"""Rules on the engine, receivers and notifiers that tests share."""

import uuid
from collections.abc import Iterator

import pytest
from alert_inbox import Inbox
from evaluated_rules import Told
from told_receivers import OwnDelivery, World

from telltale_collector.store.alert_delivery import AlertDelivery
from telltale_collector.store.client import Client
from telltale_collector.store.reader import Reader


@pytest.fixture
def told(client: Client, project: str) -> Told:
    return Told(client, project)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def world(client: Client, project: str) -> Iterator[World]:
    made = World(f"{project}-{uuid.uuid4().hex[:6]}", OwnDelivery(AlertDelivery(client, Reader(client)), project))
    made.delivery.project = made.project
    yield made
    made.stop()
