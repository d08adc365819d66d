"""A logs request in protobuf: checked, then read as the store will read it."""

from fuzz_target import Target
from mutators import ProtobufForm

from telltale_collector.decode import Media, check_logs, read_log_events
from telltale_collector.errors import TelltaleError


def check(data: bytes) -> None:
    try:
        checked = check_logs(data, Media.PROTOBUF)
    except TelltaleError:
        return
    assert sum(1 for _ in read_log_events(checked.payload)) == checked.accepted


TARGET = Target(check, ProtobufForm)
