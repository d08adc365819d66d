"""A page of the UI in a real browser, and what it did that it should not."""

from dataclasses import dataclass, field
from pathlib import Path

from collector_process import CollectorProcess
from playwright.sync_api import Page
from rag_trace import RagTrace

ARTIFACTS = Path(__file__).parents[1] / "artifacts"


@dataclass
class WatchedPage:
    """A page of the UI, the collector behind it, and what the page complained of or asked others for."""

    page: Page
    collector: CollectorProcess
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.collector.url + path)
        return self.page

    def send(self, *traces: RagTrace) -> None:
        """Send over OTLP, and wait until it can be read."""
        for trace in traces:
            assert self.collector.send(trace.body()).status_code == 200
        self.collector.settle()

    def artifact(self, name: str) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        return ARTIFACTS / f"{name}.png"

    def shoot(self, name: str) -> None:
        self.page.screenshot(path=self.artifact(name), animations="disabled")
