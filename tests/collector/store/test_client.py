"""The door to the engine."""

import gc
import weakref

from telltale_collector.store.client import Client


class Column(list):
    """A column that can be watched."""


def test_rows_that_were_inserted_are_let_go_at_once(client: Client) -> None:
    """Not when circles are looked for, which the collector does rarely: a batch is tens of megabytes."""
    client.command("CREATE TABLE let_go (n UInt64) ENGINE = MergeTree ORDER BY n")
    column = Column([1, 2])
    watched = weakref.ref(column)
    gc.disable()
    try:
        client.insert("let_go", {"n": column}, "token")
        del column
        assert watched() is None
    finally:
        gc.enable()
    assert client.query("SELECT count() AS n FROM let_go", {}, {}) == [{"n": 2}]
    client.command("DROP TABLE let_go")
