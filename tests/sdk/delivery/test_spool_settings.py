"""Where the spool is, and how large it may grow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from telltale._spooling import report_url, spool_limit, spool_paths


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
