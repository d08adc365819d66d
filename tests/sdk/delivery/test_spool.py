"""The spool's files: order, bounds, damage, rights, and whose they are."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parcels import HERE, ROOMY, THERE, Given, all_of, parcel_of, spool_at, text_of, texts

from telltale._inherited import Inheritance
from telltale._segment import beginning_of
from telltale._spool import Spool
from telltale._spooling import destination

if TYPE_CHECKING:
    import random


def _abandon(spool: Spool) -> None:
    """As a killed process does."""
    spool.forget()


def test_parcels_come_back_in_order_and_once(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool", limit=1 << 20)
    for text in texts(40):
        spool.add(parcel_of(text, 10_000))
    assert len(list(tmp_path.glob("spool/*/*.otlp"))) > 2
    assert spool.items == 40
    assert all_of(spool) == texts(40)
    assert spool.items == 0
    assert all_of(spool) == []


def test_what_is_put_back_is_first_again(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    for text in texts(4):
        spool.add(parcel_of(text))
    first = spool.head(2, ROOMY)
    spool.put_back()
    assert [text_of(parcel) for parcel in first] == ["text0", "text1"]
    assert all_of(spool) == texts(4)


def test_a_batch_has_one_signal(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    for number, text in enumerate(texts(4)):
        spool.add(parcel_of(text, lane=number // 2))
    assert [parcel.lane for parcel in spool.head(10, ROOMY)] == [0, 0]
    assert all_of(spool, 10) == texts(4)


def test_nothing_stays_of_a_process_that_has_delivered_all(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    spool.add(parcel_of("a"))
    all_of(spool)
    spool.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_only_the_user_may_read_what_is_kept(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    spool.add(parcel_of("a"))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700


def test_over_the_limit_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    given = Given()
    spool = spool_at(tmp_path / "spool", limit=200_000, given=given)
    for text in texts(100):
        spool.add(parcel_of(text, 10_000))
        assert sum(path.stat().st_size for path in tmp_path.glob("spool/*/*.otlp")) <= 200_000
    kept = all_of(spool)
    assert given.reasons == {"spool_full"}
    assert given.texts + kept == texts(100)
    assert len(kept) > 10


def test_what_is_on_its_way_is_not_given_up(tmp_path: Path) -> None:
    given = Given()
    spool = spool_at(tmp_path / "spool", limit=200_000, given=given)
    for text in texts(10):
        spool.add(parcel_of(text, 10_000))
    on_its_way = spool.head(2, ROOMY)
    for text in texts(100)[10:]:
        spool.add(parcel_of(text, 10_000))
    spool.done(on_its_way)
    arrived = [text_of(parcel) for parcel in on_its_way] + all_of(spool)
    assert sorted(arrived + given.texts) == sorted(texts(100))


def test_the_limit_holds_for_all_processes_together_and_the_dead_go_first(tmp_path: Path) -> None:
    dead, stranger = spool_at(tmp_path / "spool"), spool_at(tmp_path / "spool", header=THERE)
    dead.add(parcel_of("dead", 60_000))
    stranger.add(parcel_of("stranger", 60_000))
    _abandon(dead)
    _abandon(stranger)
    given = Given()
    spool = spool_at(tmp_path / "spool", limit=200_000, given=given)
    for text in texts(12):
        spool.add(parcel_of(text, 10_000))
    assert given.texts == ["dead"]
    assert all_of(spool) == texts(12)
    assert sum(path.stat().st_size for path in tmp_path.glob("spool/*/*.otlp")) <= 200_000


def test_what_a_dead_process_left_is_adopted_and_deleted(tmp_path: Path) -> None:
    dead = spool_at(tmp_path / "spool", limit=1 << 20)
    for text in texts(30):
        dead.add(parcel_of(text, 10_000))
    _abandon(dead)
    heir = Inheritance(tmp_path / "spool", HERE)
    assert heir.look()
    assert all_of(heir) == texts(30)
    assert list((tmp_path / "spool").iterdir()) == []
    assert not heir.look()


def test_a_living_process_keeps_what_it_has(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    spool.add(parcel_of("a"))
    assert not Inheritance(tmp_path / "spool", HERE).look()
    assert all_of(spool) == ["a"]


def test_only_one_process_adopts(tmp_path: Path) -> None:
    dead = spool_at(tmp_path / "spool")
    dead.add(parcel_of("a"))
    _abandon(dead)
    first, second = Inheritance(tmp_path / "spool", HERE), Inheritance(tmp_path / "spool", HERE)
    assert first.look()
    assert not second.look()
    first.release()
    assert second.look()
    assert all_of(second) == ["a"]


def test_a_folder_that_cannot_be_emptied_does_not_keep_the_others(tmp_path: Path) -> None:
    for text in texts(2):
        dead = spool_at(tmp_path / "spool")
        dead.add(parcel_of(text))
        _abandon(dead)
    first = min((tmp_path / "spool").iterdir(), key=lambda path: int(path.name.split("-")[1]))
    (first / "000002.otlp").mkdir()
    heir = Inheritance(tmp_path / "spool", HERE)
    found: list[str] = []
    while heir.look():
        found += all_of(heir)
    assert found == ["text0", "text1"]
    assert list((tmp_path / "spool").iterdir()) == [first]


def test_what_is_for_another_project_stays(tmp_path: Path) -> None:
    dead = spool_at(tmp_path / "spool", header=THERE)
    dead.add(parcel_of("a"))
    _abandon(dead)
    assert not Inheritance(tmp_path / "spool", HERE).look()
    assert Inheritance(tmp_path / "spool", THERE).look()


@pytest.mark.parametrize("written", [0, 1, len(beginning_of(HERE)) - 1])
def test_a_file_whose_process_was_killed_before_it_said_for_whom_it_is_does_not_stay(
    tmp_path: Path, written: int
) -> None:
    dead = spool_at(tmp_path / "spool")
    dead.add(parcel_of("a"))
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    file.write_bytes(file.read_bytes()[:written])
    heir = Inheritance(tmp_path / "spool", HERE)
    assert heir.look()
    assert all_of(heir) == []
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_names_its_destination_and_no_secret() -> None:
    header = destination("https://me:hunter2@t.example/v1/traces?key=hunter3", "https://t.example", {"x": "hunter4"})
    assert b"https://t.example/v1/traces" in header
    assert b"hunter" not in header
    assert header != destination("https://me:other@t.example/v1/traces?key=hunter3", "https://t.example", {"x": "1"})


def test_a_torn_tail_costs_what_was_torn(tmp_path: Path) -> None:
    dead = spool_at(tmp_path / "spool")
    for text in texts(5):
        dead.add(parcel_of(text, 100))
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    whole = file.read_bytes()
    for cut in range(1, 120, 7):
        file.write_bytes(whole[:-cut])
        heir = Inheritance(tmp_path / "spool", HERE)
        assert heir.look()
        assert [text_of(parcel) for parcel in heir.head(10, ROOMY)] == texts(4)
        heir.release()


def test_a_damaged_byte_costs_its_parcel(tmp_path: Path, chance: random.Random) -> None:
    dead = spool_at(tmp_path / "spool")
    parcels = [parcel_of(text, 100) for text in texts(9)]
    for parcel in parcels:
        dead.add(parcel)
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    whole = file.read_bytes()
    for _ in range(100):
        hit = chance.randrange(9)
        at = whole.index(parcels[hit].body) + chance.randrange(len(parcels[hit].body))
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        heir = Inheritance(tmp_path / "spool", HERE)
        assert heir.look()
        assert all_of(heir, 10) == [text for text in texts(9) if text != f"text{hit}"]


def test_whatever_stands_in_a_file_is_read_without_an_error(tmp_path: Path, chance: random.Random) -> None:
    dead = spool_at(tmp_path / "spool")
    for text in texts(9):
        dead.add(parcel_of(text, 100))
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    whole = file.read_bytes()
    for _ in range(300):
        at = chance.randrange(len(beginning_of(HERE)), len(whole))
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(whole[:at] + chance.randbytes(chance.randrange(1, 40)) + whole[at + chance.randrange(40) :])
        heir = Inheritance(tmp_path / "spool", HERE)
        assert heir.look()
        found = all_of(heir, 10)
        assert found == [text for text in texts(9) if text in found]


def test_a_folder_that_is_deleted_under_it_takes_nothing_away(tmp_path: Path) -> None:
    spool = spool_at(tmp_path / "spool")
    for text in texts(3):
        spool.add(parcel_of(text))
    shutil.rmtree(tmp_path / "spool")
    spool.add(parcel_of("text3"))
    assert list(tmp_path.glob("spool/*/*.otlp"))
    assert all_of(spool) == texts(4)
