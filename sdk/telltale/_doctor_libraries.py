"""What is installed that writes spans for model calls, and what of it would do so twice."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, distributions
from typing import TYPE_CHECKING, Final

from telltale import instruments
from telltale._doctor_check import Check

if TYPE_CHECKING:
    from collections.abc import Iterable

_ONE_LIBRARY: Final = (
    re.compile(r"openinference-instrumentation-(?P<library>[a-z0-9-]+)"),
    re.compile(r"opentelemetry-instrumentation-genai-(?P<library>[a-z0-9-]+)"),
    re.compile(
        r"opentelemetry-instrumentation-(?P<library>openai-agents|openai|anthropic|bedrock|cohere|google-generativeai|"
        r"google-genai|groq|langchain|llamaindex|mistralai|ollama|replicate|together|transformers|vertexai|crewai|"
        r"haystack|watsonx)(?:-v2)?"
    ),
)
"""Packages that instrument one library each; those for HTTP clients and the like write other spans."""

_MANY_LIBRARIES: Final = frozenset(
    {"agento11y", "langfuse", "langsmith", "logfire", "mlflow", "openlit", "traceloop-sdk"}
)


def check_libraries(installed: Iterable[str] | None = None) -> list[Check]:
    """One line for what Telltale instruments here, and one for each risk of a second instrumentation.

    Args:
        installed: names of packages; else those of this environment.
    """
    names = sorted(
        {re.sub(r"[-_.]+", "-", name).lower() for name in (_installed() if installed is None else installed)}
    )
    return [_supported(), *_rivals(names), *_collections(names)]


def _installed() -> list[str]:
    return [name for found in distributions() if (name := found.metadata["Name"])]


def _supported() -> Check:
    known = instruments.discover()
    present = [name for name, found in known.items() if _is_installed(found.distribution)]
    if present:
        return Check("ok", "libraries", f"telltale.init() traces {', '.join(present)}")
    return Check("note", "libraries", f"none of the libraries that telltale.init() traces is here: {', '.join(known)}")


def _is_installed(name: str) -> bool:
    try:
        return distribution(name) is not None
    except PackageNotFoundError:
        return False


def _rivals(names: Iterable[str]) -> list[Check]:
    """Libraries that two packages here would instrument, Telltale counted in."""
    packages: dict[str, list[str]] = {}
    for name in names:
        library = next((found["library"] for pattern in _ONE_LIBRARY if (found := pattern.fullmatch(name))), None)
        if library is not None:
            packages.setdefault(library, []).append(name)
    return [check for library, found in sorted(packages.items()) if (check := _rivalry(library, found))]


def _rivalry(library: str, packages: list[str]) -> Check | None:
    is_ours = library.replace("-", "") in {name.replace("_", "") for name in instruments.discover()}
    if not is_ours and len(packages) < 2:
        return None
    rivals = " and ".join((["Telltale"] if is_ours else []) + packages)
    mend = f"telltale.init(instrument=False)  # or: pip uninstall {' '.join(packages)}" if is_ours else ""
    return Check(
        "note",
        "libraries",
        f"{library} can be instrumented by {rivals}: start one of them, or each call has two spans",
        (mend or f"pip uninstall {' '.join(packages[1:])}",),
    )


def _collections(names: Iterable[str]) -> list[Check]:
    present = [name for name in names if name in _MANY_LIBRARIES]
    if not present:
        return []
    text = f"{', '.join(present)} can trace model calls too: where one is started, leave them to it"
    return [Check("note", "libraries", text, ("telltale.init(instrument=False)",))]
