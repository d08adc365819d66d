"""The record format."""

from hypothesis import given
from hypothesis import strategies as st

from telltale_collector.wal.record import MAGIC, Damage, Found, Record, Signal, encode, scan

records = st.builds(
    Record,
    received_at_ns=st.integers(0, 2**63),
    signal=st.sampled_from(Signal),
    items=st.integers(0, 2**31),
    project=st.text(max_size=20),
    payload=st.binary(max_size=200),
)


@given(st.lists(records, max_size=5))
def test_what_is_written_is_read(written: list[Record]) -> None:
    found = list(scan(b"".join(map(encode, written))))
    assert [f.record for f in found if isinstance(f, Found)] == written
    assert len(found) == len(written)


@given(st.lists(records, min_size=1, max_size=4), st.data())
def test_any_prefix_gives_the_whole_records_before_the_cut(written: list[Record], data: st.DataObject) -> None:
    encoded = [encode(record) for record in written]
    cut = data.draw(st.integers(0, sum(map(len, encoded))))
    whole = 0
    while whole < len(encoded) and sum(map(len, encoded[: whole + 1])) <= cut:
        whole += 1
    found = [f.record for f in scan(b"".join(encoded)[:cut]) if isinstance(f, Found)]
    assert found == written[:whole]


@given(st.lists(records, min_size=3, max_size=3), st.data())
def test_a_flipped_byte_costs_its_own_record_only(written: list[Record], data: st.DataObject) -> None:
    encoded = [encode(record) for record in written]
    at = data.draw(st.integers(0, len(encoded[1]) - 1))
    broken = bytearray(encoded[1])
    broken[at] ^= data.draw(st.integers(1, 255))
    found = list(scan(encoded[0] + bytes(broken) + encoded[2]))
    good = [f.record for f in found if isinstance(f, Found)]
    assert good[0] == written[0]
    assert good[-1] == written[2]
    assert written[1] not in good[1:-1]
    assert any(isinstance(f, Damage) for f in found)


def test_a_payload_that_contains_the_magic_is_no_record_border() -> None:
    record = Record(1, Signal.TRACES, 1, "p", MAGIC * 50)
    assert [f.record for f in scan(encode(record)) if isinstance(f, Found)] == [record]
