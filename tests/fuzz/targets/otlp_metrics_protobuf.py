"""A metrics request in protobuf: checked, then read as the store will read it."""

from fuzz_target import Target
from mutators import ProtobufForm

from telltale_collector.decode import Media, check_metrics, read_metric_points
from telltale_collector.errors import TelltaleError


def check(data: bytes) -> None:
    try:
        checked = check_metrics(data, Media.PROTOBUF)
    except TelltaleError:
        return
    assert sum(1 for _ in read_metric_points(checked.payload)) == checked.accepted
    assert bool(checked.message) >= bool(checked.rejects)


TARGET = Target(check, ProtobufForm)
