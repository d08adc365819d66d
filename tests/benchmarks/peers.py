"""Whom the SDK is measured beside: one environment each, made once, and what stands in it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("PEERS", ROOT / ".telltale" / "peers"))
_CLIENT = "openai<3"  # the benchmark answers its calls inside httpx, which version 3 has left
_OTEL = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")


@dataclass(frozen=True, slots=True)
class Peer:
    """One row.

    Attributes:
        title: in the document.
        venv: the environment's folder, as in ``sdk_overhead.py``.
        packages: what is installed there beside the client; the first is what the row is about.
    """

    title: str
    venv: str
    packages: tuple[str, ...] = ()


PEERS = {
    "none": Peer("nothing (the method's own noise)", "sdk_base"),
    "otel_floor": Peer("bare OpenTelemetry span, written by hand", "sdk_otel", _OTEL),
    "openinference": Peer("OpenInference", "sdk_openinference", ("openinference-instrumentation-openai", *_OTEL)),
    "traceloop_instr": Peer("OpenLLMetry", "sdk_traceloop_instr", ("opentelemetry-instrumentation-openai", *_OTEL)),
    "langfuse": Peer("Langfuse", "sdk_langfuse", ("langfuse",)),
    "logfire": Peer("Logfire", "sdk_logfire", ("logfire",)),
    "opik": Peer("Opik", "sdk_opik", ("opik",)),
    "mlflow": Peer("MLflow", "sdk_mlflow", ("mlflow",)),
    "telltale": Peer("**Telltale**", "sdk_telltale", ("telltale-llm", *_OTEL)),
}
"""In the order of the document. A new one is one line here and one function in ``sdk_overhead.py``."""


def prepare(name: str) -> None:
    """Make a peer's environment unless it is there."""
    peer = PEERS[name]
    folder = FOLDER / peer.venv
    ready = folder / ".ready"
    if ready.exists():
        return
    wanted = [str(ROOT) if package == "telltale-llm" else package for package in peer.packages]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", _CLIENT, *wanted], check=True)
    ready.touch()


def versions(name: str) -> dict[str, str]:
    """The client and what the row is about, as installed."""
    peer = PEERS[name]
    wanted = ["openai", *peer.packages[:1]]
    code = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    command = [FOLDER / peer.venv / "bin" / "python", "-c", code, *wanted]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(zip(wanted, printed.split(), strict=True))
