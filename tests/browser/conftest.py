"""A real browser on a real collector's pages."""

from collections.abc import Iterator

import pytest
from collector_process import CollectorProcess
from playwright.sync_api import Browser, BrowserContext, Dialog, sync_playwright
from watched_page import WatchedPage

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    yield made
    made.close()


@pytest.fixture
def ui(context: BrowserContext, own_collector: CollectorProcess) -> Iterator[WatchedPage]:
    """The UI of an empty collector. Afterwards: no script error, no broken policy, no request elsewhere."""
    watched = WatchedPage(context.new_page(), own_collector.start())
    page = watched.page
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: _refuse_dialog(watched, dialog))
    page.on("request", lambda asked: _note_outside(watched, asked.url))
    yield watched
    assert watched.complaints == []
    assert watched.outside == []


def _refuse_dialog(watched: WatchedPage, dialog: Dialog) -> None:
    watched.complaints.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _note_outside(watched: WatchedPage, url: str) -> None:
    if not url.startswith((f"{watched.collector.url}/", "data:")):
        watched.outside.append(url)
