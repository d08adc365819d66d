"""Objects that raise, lie, load, never end or are consumed by looking: application and other spans are as before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from figures import FigureRecorder

APP = Path(__file__).parent / "apps" / "hostile.py"
KIT = Path(__file__).parents[1] / "kit"


def test_no_object_harms_the_application_or_is_harmed(
    collector: Any, tmp_path: Path, record_figure: FigureRecorder
) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TELLTALE_"))}
    given = {"TELLTALE_ENDPOINT": collector.url, "TELLTALE_SPOOL_DIR": str(tmp_path), "PYTHONPATH": str(KIT)}
    result = subprocess.run(
        [sys.executable, str(APP)], env=clean | given, capture_output=True, text=True, timeout=240, check=False
    )
    lines = result.stderr.splitlines()
    raised, touched = (sum(line.startswith(word) for line in lines) for word in ("raised ", "touched "))
    counts = Counter(span.name for span in collector.spans)
    many = int(result.stdout.split()[0])
    kept = sum(
        any(a.key == "note" and a.value.string_value == "kept" for a in span.attributes)
        for span in collector.spans
        if span.name == "set"
    )
    seen = [a for s in collector.spans if s.name == "witness" for a in s.attributes]
    witnesses = {a.value.string_value for a in seen if a.key == "telltale.input.value"}
    record_figure("objects", many, ">= 300")
    record_figure("exceptions in the application", raised, "0")
    record_figure("objects consumed, loaded or changed", touched, "0")
    record_figure("spans lost", many * 5 - sum(counts.values()), "0")
    record_figure("slowest object", result.stdout.split(maxsplit=1)[1].strip(), unit="s")
    assert raised == touched == 0, result.stderr[-4000:]
    assert result.returncode == 0, result.stderr[-4000:]
    assert counts == dict.fromkeys(("taken", "found", "given", "set", "witness"), many)
    assert kept == many
    assert len(witnesses) == many
    assert len(collector.logs) == many
    assert "Traceback" not in result.stderr, result.stderr[-4000:]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, [2**70], [1, 2.5], [], [None]])
def test_numbers_that_otlp_cannot_carry_arrive_as_text(value: Any) -> None:
    import telltale
    from telltale import testing

    with testing.capture(instrument=False) as captured, telltale.span("s") as span:
        span.set(own=value, fits=2**63 - 1)
    attributes = captured.span("s")["attributes"]
    assert isinstance(attributes["own"], str)
    assert attributes["fits"] == 2**63 - 1
