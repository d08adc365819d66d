"""The spool's files: order, bounds, damage, rights, and whose they are."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from telltale._backlog import Backlog
from telltale._inherited import Inheritance
from telltale._parcel import Parcel, packed, unpacked
from telltale._segment import beginning_of
from telltale._spool import Spool
from telltale._spooling import destination, report_url, spool_limit, spool_paths

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from telltale._backlog import Source

HERE = destination("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/logs", {})
THERE = destination("http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/logs", {"Authorization": "Bearer b"})
ROOMY = 1 << 30


class Given:
    """What was given up: texts and why."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reasons: set[str] = set()

    def __call__(self, parcels: Sequence[Parcel], reason: str) -> None:
        self.texts += [_text(parcel) for parcel in parcels]
        self.reasons.add(reason)


def _parcel(text: str, size: int = 0, lane: int = 0) -> Parcel:
    return packed(lane, 1, text.encode() + b" " + os.urandom(size))


def _text(parcel: Parcel) -> str:
    return unpacked(parcel).split(b" ")[0].decode()


def _all(source: Source, at_once: int = 3) -> list[str]:
    found: list[str] = []
    while parcels := source.head(at_once, 1 << 30):
        found += [_text(parcel) for parcel in parcels]
        source.done(parcels)
    return found


def _texts(count: int) -> list[str]:
    return [f"text{number}" for number in range(count)]


def _spool(path: Path, limit: int = ROOMY, given: Given | None = None, header: bytes = HERE) -> Spool:
    return Spool(path, header, limit, given or Given())


def _abandon(spool: Spool) -> None:
    """As a killed process does."""
    spool.forget()


def test_parcels_come_back_in_order_and_once(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool", limit=1 << 20)
    for text in _texts(40):
        spool.add(_parcel(text, 10_000))
    assert len(list(tmp_path.glob("spool/*/*.otlp"))) > 2
    assert spool.items == 40
    assert _all(spool) == _texts(40)
    assert spool.items == 0
    assert _all(spool) == []


def test_what_is_put_back_is_first_again(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    for text in _texts(4):
        spool.add(_parcel(text))
    first = spool.head(2, ROOMY)
    spool.put_back()
    assert [_text(parcel) for parcel in first] == ["text0", "text1"]
    assert _all(spool) == _texts(4)


def test_a_batch_has_one_signal(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    for number, text in enumerate(_texts(4)):
        spool.add(_parcel(text, lane=number // 2))
    assert [parcel.lane for parcel in spool.head(10, ROOMY)] == [0, 0]
    assert _all(spool, 10) == _texts(4)


def test_nothing_stays_of_a_process_that_has_delivered_all(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    spool.add(_parcel("a"))
    _all(spool)
    spool.close()
    assert list((tmp_path / "spool").iterdir()) == []


def test_only_the_user_may_read_what_is_kept(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    spool.add(_parcel("a"))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "spool").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700


def test_over_the_limit_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    given = Given()
    spool = _spool(tmp_path / "spool", limit=200_000, given=given)
    for text in _texts(100):
        spool.add(_parcel(text, 10_000))
        assert sum(path.stat().st_size for path in tmp_path.glob("spool/*/*.otlp")) <= 200_000
    kept = _all(spool)
    assert given.reasons == {"spool_full"}
    assert given.texts + kept == _texts(100)
    assert len(kept) > 10


def test_what_is_on_its_way_is_not_given_up(tmp_path: Path) -> None:
    given = Given()
    spool = _spool(tmp_path / "spool", limit=200_000, given=given)
    for text in _texts(10):
        spool.add(_parcel(text, 10_000))
    on_its_way = spool.head(2, ROOMY)
    for text in _texts(100)[10:]:
        spool.add(_parcel(text, 10_000))
    spool.done(on_its_way)
    arrived = [_text(parcel) for parcel in on_its_way] + _all(spool)
    assert sorted(arrived + given.texts) == sorted(_texts(100))


def test_the_limit_holds_for_all_processes_together_and_the_dead_go_first(tmp_path: Path) -> None:
    dead, stranger = _spool(tmp_path / "spool"), _spool(tmp_path / "spool", header=THERE)
    dead.add(_parcel("dead", 60_000))
    stranger.add(_parcel("stranger", 60_000))
    _abandon(dead)
    _abandon(stranger)
    given = Given()
    spool = _spool(tmp_path / "spool", limit=200_000, given=given)
    for text in _texts(12):
        spool.add(_parcel(text, 10_000))
    assert given.texts == ["dead"]
    assert _all(spool) == _texts(12)
    assert sum(path.stat().st_size for path in tmp_path.glob("spool/*/*.otlp")) <= 200_000


def test_what_a_dead_process_left_is_adopted_and_deleted(tmp_path: Path) -> None:
    dead = _spool(tmp_path / "spool", limit=1 << 20)
    for text in _texts(30):
        dead.add(_parcel(text, 10_000))
    _abandon(dead)
    heir = Inheritance(tmp_path / "spool", HERE)
    assert heir.look()
    assert _all(heir) == _texts(30)
    assert list((tmp_path / "spool").iterdir()) == []
    assert not heir.look()


def test_a_living_process_keeps_what_it_has(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    spool.add(_parcel("a"))
    assert not Inheritance(tmp_path / "spool", HERE).look()
    assert _all(spool) == ["a"]


def test_only_one_process_adopts(tmp_path: Path) -> None:
    dead = _spool(tmp_path / "spool")
    dead.add(_parcel("a"))
    _abandon(dead)
    first, second = Inheritance(tmp_path / "spool", HERE), Inheritance(tmp_path / "spool", HERE)
    assert first.look()
    assert not second.look()
    first.release()
    assert second.look()
    assert _all(second) == ["a"]


def test_a_folder_that_cannot_be_emptied_does_not_keep_the_others(tmp_path: Path) -> None:
    for text in _texts(2):
        dead = _spool(tmp_path / "spool")
        dead.add(_parcel(text))
        _abandon(dead)
    first = min((tmp_path / "spool").iterdir(), key=lambda path: int(path.name.split("-")[1]))
    (first / "000002.otlp").mkdir()
    heir = Inheritance(tmp_path / "spool", HERE)
    found: list[str] = []
    while heir.look():
        found += _all(heir)
    assert found == ["text0", "text1"]
    assert list((tmp_path / "spool").iterdir()) == [first]


def test_what_is_for_another_project_stays(tmp_path: Path) -> None:
    dead = _spool(tmp_path / "spool", header=THERE)
    dead.add(_parcel("a"))
    _abandon(dead)
    assert not Inheritance(tmp_path / "spool", HERE).look()
    assert Inheritance(tmp_path / "spool", THERE).look()


def test_a_file_names_its_destination_and_no_secret() -> None:
    header = destination("https://me:hunter2@t.example/v1/traces?key=hunter3", "https://t.example", {"x": "hunter4"})
    assert b"https://t.example/v1/traces" in header
    assert b"hunter" not in header
    assert header != destination("https://me:other@t.example/v1/traces?key=hunter3", "https://t.example", {"x": "1"})


def test_a_torn_tail_costs_what_was_torn(tmp_path: Path) -> None:
    dead = _spool(tmp_path / "spool")
    for text in _texts(5):
        dead.add(_parcel(text, 100))
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    whole = file.read_bytes()
    for cut in range(1, 120, 7):
        file.write_bytes(whole[:-cut])
        heir = Inheritance(tmp_path / "spool", HERE)
        assert heir.look()
        assert [_text(parcel) for parcel in heir.head(10, ROOMY)] == _texts(4)
        heir.release()


def test_a_damaged_byte_costs_its_parcel(tmp_path: Path, chance: random.Random) -> None:
    dead = _spool(tmp_path / "spool")
    parcels = [_parcel(text, 100) for text in _texts(9)]
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
        assert _all(heir, 10) == [text for text in _texts(9) if text != f"text{hit}"]


def test_whatever_stands_in_a_file_is_read_without_an_error(tmp_path: Path, chance: random.Random) -> None:
    dead = _spool(tmp_path / "spool")
    for text in _texts(9):
        dead.add(_parcel(text, 100))
    _abandon(dead)
    (file,) = tmp_path.glob("spool/*/*.otlp")
    whole = file.read_bytes()
    for _ in range(300):
        at = chance.randrange(len(beginning_of(HERE)), len(whole))
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(whole[:at] + chance.randbytes(chance.randrange(1, 40)) + whole[at + chance.randrange(40) :])
        heir = Inheritance(tmp_path / "spool", HERE)
        assert heir.look()
        found = _all(heir, 10)
        assert found == [text for text in _texts(9) if text in found]


def test_a_folder_that_is_deleted_under_it_takes_nothing_away(tmp_path: Path) -> None:
    spool = _spool(tmp_path / "spool")
    for text in _texts(3):
        spool.add(_parcel(text))
    shutil.rmtree(tmp_path / "spool")
    spool.add(_parcel("text3"))
    assert list(tmp_path.glob("spool/*/*.otlp"))
    assert _all(spool) == _texts(4)


# --- where there is no disk----


def _backlog(*paths: Path, limit: int = ROOMY) -> Backlog:
    return Backlog(paths, HERE, limit, Given())


def _a_link(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    return tmp_path / "link"


def _below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "spool"


def _where_nobody_may_write(tmp_path: Path) -> Path:
    if os.geteuid() == 0:
        return Path("/proc/spool")
    (tmp_path / "closed").mkdir(mode=0o500)
    return tmp_path / "closed" / "spool"


@pytest.mark.parametrize("place", [_a_link, _below_a_file, _where_nobody_may_write])
def test_a_place_that_cannot_be_used_costs_one_warning_and_memory_is_used(
    place: Callable[[Path], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backlog = _backlog(place(tmp_path))
    for text in _texts(3):
        backlog.add(_parcel(text))
    assert backlog.is_in_memory
    assert _all(backlog) == _texts(3)
    backlog.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "TELLTALE_SPOOL_DIR" in caplog.text
    assert not list(tmp_path.glob("elsewhere/*"))


def test_the_next_place_is_used_where_the_first_one_cannot_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    backlog = _backlog(_below_a_file(tmp_path), tmp_path / "second")
    backlog.add(_parcel("a"))
    assert not backlog.is_in_memory
    assert backlog.place == tmp_path / "second"
    assert not caplog.records
    backlog.close()


def test_a_spool_that_others_fill_leaves_memory(tmp_path: Path) -> None:
    alive = _spool(tmp_path / "spool")
    alive.add(_parcel("alive", 200_000))
    backlog = _backlog(tmp_path / "spool", limit=100_000)
    backlog.add(_parcel("a"))
    assert backlog.is_in_memory
    assert _all(backlog) == ["a"]
    assert _all(alive) == ["alive"]


def test_what_waits_in_memory_goes_to_disk_at_the_end_where_it_can(tmp_path: Path) -> None:
    place = _below_a_file(tmp_path)
    backlog = _backlog(place)
    backlog.add(_parcel("a"))
    place.parent.unlink()
    backlog.close()
    heir = Inheritance(place, HERE)
    assert heir.look()
    assert _all(heir) == ["a"]


# --- settings----


@pytest.mark.parametrize(
    ("argument", "environ", "expected"),
    [
        (False, {}, ()),
        (None, {"TELLTALE_SPOOL": "0"}, ()),
        (None, {"TELLTALE_SPOOL": "off", "TELLTALE_SPOOL_DIR": "/a"}, ()),
        (None, {"TELLTALE_SPOOL_DIR": "/a"}, ("/a",)),
        (True, {"TELLTALE_SPOOL": "0", "TELLTALE_SPOOL_DIR": "/a"}, ("/a",)),
        ("/b", {"TELLTALE_SPOOL_DIR": "/a"}, ("/b",)),
        (Path("/b"), {}, ("/b",)),
    ],
)
def test_the_place_can_be_chosen(argument: Any, environ: dict[str, str], expected: tuple[str, ...]) -> None:
    assert tuple(map(str, spool_paths(argument, environ))) == expected


def test_by_default_it_is_the_users_cache_and_behind_it_the_temporary_folder() -> None:
    cache, temporary = spool_paths(None, {"XDG_CACHE_HOME": "/home/u/.cache"})
    assert str(cache) == "/home/u/.cache/telltale/spool"
    assert temporary.name == f"telltale-spool-{os.geteuid()}"


def test_the_limit_can_be_chosen(caplog: pytest.LogCaptureFixture) -> None:
    assert spool_limit({}) == 256 << 20
    assert spool_limit({"TELLTALE_SPOOL_BYTES": "1000000"}) == 1_000_000
    assert spool_limit({"TELLTALE_SPOOL_BYTES": "much"}) == 256 << 20
    assert len(caplog.records) == 1


def test_reports_go_where_a_collector_takes_them() -> None:
    assert report_url("http://a/v1/traces") == "http://a/api/v1/client-reports"
    assert report_url("http://a/otlp") is None
