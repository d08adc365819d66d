"""A signal that interrupts the SDK itself, anywhere, neither hangs the process nor costs a span."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = int(os.environ.get("TELLTALE_MOMENTS", "16"))


def test_sigterm_at_any_step_ends_the_process_and_loses_nothing(
    apps: Any, collector: Any, names_in: Callable[..., Any], chance: Any, record_figure: Callable[..., None]
) -> None:
    whole = apps.run(collector.url, "interrupted", -1)
    steps = int(whole.out.split()[-1])
    ended: list[str] = []
    for step in sorted(chance.sample(range(steps), MOMENTS)):
        app = apps.run(collector.url, "interrupted", step)
        assert (app.process.returncode, app.err) == (-signal.SIGTERM, ""), f"step {step} of {steps}"
        ended += app.out.splitlines()
    apps.deliver_what_is_left(collector.url)
    names = names_in(collector)
    lost = [name for name in ended if names[name] != 1]
    record_figure(f"of {len(ended)} spans lost by {MOMENTS} signals within the SDK", len(lost), "0")
    assert lost == []
