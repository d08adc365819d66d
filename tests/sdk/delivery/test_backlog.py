"""Where there is no disk, what waits is kept in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parcels import HERE, ROOMY, Given, all_of, parcel_of, spool_at, texts

from telltale._backlog import Backlog
from telltale._inherited import Inheritance

if TYPE_CHECKING:
    from collections.abc import Callable


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
    for text in texts(3):
        backlog.add(parcel_of(text))
    assert backlog.is_in_memory
    assert all_of(backlog) == texts(3)
    backlog.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "TELLTALE_SPOOL_DIR" in caplog.text
    assert not list(tmp_path.glob("elsewhere/*"))


def test_the_next_place_is_used_where_the_first_one_cannot_be(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    backlog = _backlog(_below_a_file(tmp_path), tmp_path / "second")
    backlog.add(parcel_of("a"))
    assert not backlog.is_in_memory
    assert backlog.place == tmp_path / "second"
    assert not caplog.records
    backlog.close()


def test_a_spool_that_others_fill_leaves_memory(tmp_path: Path) -> None:
    alive = spool_at(tmp_path / "spool")
    alive.add(parcel_of("alive", 200_000))
    backlog = _backlog(tmp_path / "spool", limit=100_000)
    backlog.add(parcel_of("a"))
    assert backlog.is_in_memory
    assert all_of(backlog) == ["a"]
    assert all_of(alive) == ["alive"]


def test_what_waits_in_memory_goes_to_disk_at_the_end_where_it_can(tmp_path: Path) -> None:
    place = _below_a_file(tmp_path)
    backlog = _backlog(place)
    backlog.add(parcel_of("a"))
    place.parent.unlink()
    backlog.close()
    heir = Inheritance(place, HERE)
    assert heir.look()
    assert all_of(heir) == ["a"]
