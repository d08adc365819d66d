"""A traces request in JSON: checked, then read as the store will read it."""

from fuzz_target import Target
from mutators import JsonForm

from telltale_collector.decode import Media, check_traces, read_spans
from telltale_collector.errors import TelltaleError


def check(data: bytes) -> None:
    try:
        checked = check_traces(data, Media.JSON)
    except TelltaleError:
        return
    assert sum(1 for _ in read_spans(checked.payload)) == checked.accepted
    assert bool(checked.message) >= bool(checked.rejects)


TARGET = Target(check, JsonForm)
