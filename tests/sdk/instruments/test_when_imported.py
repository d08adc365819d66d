from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[str]]

ASK = """
client = openai.OpenAI(base_url="{url}", api_key="k")
client.chat.completions.create(model="m", messages=[])
"""


def test_init_does_not_import_a_library_that_the_application_does_not_use(run_app: Run, collector: Any) -> None:
    result = run_app(
        """
import sys, telltale
telltale.init()
print("openai" in sys.modules)
""",
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.stderr) == ("False\n", "")


def test_a_library_imported_after_init_is_traced_and_as_it_was(
    run_app: Run, collector: Any, openai_server: Any
) -> None:
    openai_server.chat()
    result = run_app(
        "import sys, telltale\ntelltale.init()\ntelltale.init()\nimport openai\n"
        "print(type(openai.__spec__.loader).__name__, type(openai.__loader__).__name__)\n"
        "print([f for f in sys.meta_path if getattr(f, 'library', '') == 'openai'])\n"
        + ASK.format(url=openai_server.url),
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.stdout, result.stderr) == ("SourceFileLoader SourceFileLoader\n[]\n", "")
    assert [span.name for span in collector.spans] == ["chat m"]


def test_a_library_imported_before_init_is_traced(run_app: Run, collector: Any, openai_server: Any) -> None:
    openai_server.chat()
    result = run_app(
        "import openai, telltale\ntelltale.init()\n" + ASK.format(url=openai_server.url),
        TELLTALE_ENDPOINT=collector.url,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert [span.name for span in collector.spans] == ["chat m"]


def test_a_library_that_is_not_installed_stays_an_import_error(run_app: Run) -> None:
    result = run_app(
        """
from telltale.instruments._when_imported import when_imported
when_imported("telltale_no_such_library", lambda: print("called"))
try:
    import telltale_no_such_library
except ModuleNotFoundError as error:
    print(error)
"""
    )
    assert result.stdout == "No module named 'telltale_no_such_library'\n"
