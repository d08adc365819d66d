"""Reading and removing what could not be stored."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from telltale_collector.model import DeadLetter, SetAside
from telltale_collector.store import named
from telltale_collector.store.client import Client
from telltale_collector.store.cursors import read_cursor, write_cursor
from telltale_collector.store.reader import Reader


class DeadLetters:
    """The table ``dead_letters``, by project."""

    def __init__(self, client: Client, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def page(self, project: str, *, limit: int, cursor: str | None = None) -> tuple[list[SetAside], str | None]:
        """One page, newest first, and the next page's cursor.

        Raises:
            BadRequest: the cursor is not one of this list.
        """
        time, (letter_id,) = read_cursor(cursor, ids=1)
        given = {"project": project, "cursor_time": time, "cursor_id": letter_id, "limit": limit + 1}
        found = [SetAside(**row) for row in self._reader.run("dead_letters_page", **given)]
        page = found[:limit]
        more = len(found) > limit
        return page, write_cursor(page[-1].received_at, page[-1].letter_id) if more else None

    def count(self, project: str) -> int:
        (row,) = self._reader.run("dead_letters_count", project=project)
        return int(row["letters"])

    def whole(self, project: str, ids: Sequence[str], limit: int) -> dict[str, DeadLetter]:
        """Letters with their payload, by id, oldest first; without ids the oldest of all."""
        rows = self._reader.run("dead_letters_by_id", project=project, ids=list(ids), limit=limit)
        return {
            row["letter_id"]: DeadLetter(
                project, row["signal"], row["reason"], base64.b64decode(row["payload"]), row["received_at"]
            )
            for row in rows
        }

    def remove(self, project: str, ids: Sequence[str]) -> None:
        """Forget letters; durable when it returns."""
        self._client.execute(named.query_text("remove_dead_letters"), {"project": project, "ids": list(ids)})
