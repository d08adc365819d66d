"""The end of tracing at a moment that the application chooses, in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

APP = """
import telltale, threading
telltale.init()

@telltale.observe
def work(): return 1

work()
print(telltale.shutdown(), telltale.shutdown())
print(work(), telltale.flush(), [t.name for t in threading.enumerate() if t.name.startswith("telltale")])
with telltale.span("late") as late: late.set(input="q")
telltale.score("late", 1)
telltale.init()
work()
"""


def test_what_waits_is_sent_and_nothing_later_is_recorded(run_app: Run, collector: Any) -> None:
    result = run_app(APP, TELLTALE_ENDPOINT=collector.url)
    assert (result.stdout, result.stderr) == ("True True\n1 True []\n", "")
    assert [span.name for span in collector.spans] == ["work"]
    assert collector.logs == []


def test_what_cannot_be_sent_is_kept_for_the_next_process(run_app: Run, collector: Any) -> None:
    collector.stop()
    refused = run_app(APP, TELLTALE_ENDPOINT=collector.url)
    assert refused.stdout.splitlines()[0] == "False True"
    assert refused.returncode == 0
    collector.start()
    run_app("import telltale; telltale.init(); telltale.shutdown()", TELLTALE_ENDPOINT=collector.url)
    assert [span.name for span in collector.spans] == ["work"]


def test_before_init_there_is_nothing_to_end(run_app: Run, collector: Any) -> None:
    result = run_app(
        "import telltale; print(telltale.shutdown()); telltale.init()\nwith telltale.span('a'): pass",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.stderr) == ("True\n", "")
    assert [span.name for span in collector.spans] == ["a"]
