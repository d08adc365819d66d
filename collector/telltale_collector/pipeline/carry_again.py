"""Dead letters carried again: after an upgrade that mended what they stumbled over, or a change of the store."""

from __future__ import annotations

from collections.abc import Sequence

from telltale_collector.decode import Media
from telltale_collector.pipeline.accept import Intake, OtlpSignal
from telltale_collector.store.dead_letters import DeadLetters

MOST = 1000
"""This many letters at a time."""


def carry_again(letters: DeadLetters, intake: Intake, project: str, ids: Sequence[str] = ()) -> int:
    """Send letters the way of everything that arrives, and forget them once they are in the write-ahead log.

    What fails again is a new letter, with its new time of arrival. A crash in between leaves both the letter and the
    item: carried once more, it replaces itself.

    Args:
        ids: which letters; none: the oldest ones.

    Returns:
        How many; at most ``MOST``.

    Raises:
        Overloaded: there is no room in the log; every letter is still there.
        StoreError: the letters cannot be read or removed now.
    """
    found = letters.whole(project, ids, MOST)
    waits = [
        intake.accept(OtlpSignal(letter.signal), project, letter.payload, Media.PROTOBUF).durable
        for letter in found.values()
    ]
    for wait in waits:
        wait.result()
    if found:
        letters.remove(project, list(found))
    return len(found)
