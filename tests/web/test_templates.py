"""What a template uses and what its context has are the same names."""

import dataclasses
import re
from pathlib import Path

import pytest
from jinja2 import nodes
from jinja2.meta import find_referenced_templates, find_undeclared_variables

from telltale_collector.web.page import Page
from telltale_collector.web.pages import all_pages
from telltale_collector.web.render import TEMPLATES, Failure, environment

PAGES = all_pages()
TEMPLATE_FILES = sorted(TEMPLATES.glob("*.html"))


def names_made_in(parsed: nodes.Template) -> set[str]:
    """Macros imported and variables set at the top of a template, which its blocks see."""
    macros = {name for found in parsed.find_all(nodes.FromImport) for name in found.names if isinstance(name, str)}
    assigned = {found.target.name for found in parsed.body if isinstance(found, nodes.Assign)}
    return macros | assigned


def variables_of(template: str) -> set[str]:
    """The context's variables that a template, its parents and its includes read; its own names are none."""
    parsed = environment().parse((TEMPLATES / template).read_text())
    imported = {found.template.value for found in parsed.find_all((nodes.Import, nodes.FromImport))}
    used = find_undeclared_variables(parsed) - set(environment().globals) - names_made_in(parsed)
    for name in find_referenced_templates(parsed):
        if name is not None and name not in imported:
            used |= variables_of(name)
    return used


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_page_gives_its_template_exactly_what_it_uses(page: Page) -> None:
    assert variables_of(page.template) == {field.name for field in dataclasses.fields(page.context)}


def test_the_error_page_too() -> None:
    assert variables_of("failure.html") == {field.name for field in dataclasses.fields(Failure)}


def test_the_pages_are_found() -> None:
    assert [(page.path, page.template) for page in PAGES] == [
        ("/alerts/rules/{uid}", "alert_rule.html"),
        ("/alerts", "alerts.html"),
        ("/boards/{uid}", "board.html"),
        ("/boards/{uid}/panels/{number}", "board_panel.html"),
        ("/boards", "boards.html"),
        ("/budgets", "budgets.html"),
        ("/checkup", "checkup.html"),
        ("/dead-letters", "dead_letters.html"),
        ("/app-metrics", "metrics.html"),
        ("/", "overview.html"),
        ("/sessions/{session_id:path}", "session.html"),
        ("/sessions", "sessions.html"),
        ("/fragments/traces/{trace_id}", "_pane.html"),
        ("/traces/{trace_id}", "trace.html"),
        ("/fragments/traces", "_rows.html"),
        ("/traces", "traces.html"),
        ("/users/{user_id:path}", "user.html"),
        ("/users", "users.html"),
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_contexts_are_frozen_and_explained(page: Page) -> None:
    assert page.context.__dataclass_params__.frozen
    assert "__slots__" in vars(page.context)
    for field in dataclasses.fields(page.context):
        assert re.search(rf"\b{field.name}\b", page.context.__doc__ or ""), field.name


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_templates_keep_to_the_content_security_policy(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\s(style|on[a-z]+)\s*=", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)
    assert "<style" not in source
    assert "javascript:" not in source


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_templates_never_switch_escaping_off(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape|\bMarkup\b", path.read_text())


@pytest.mark.parametrize("path", TEMPLATE_FILES, ids=lambda path: path.name)
def test_links_come_from_urls(path: Path) -> None:
    for target in re.findall(r'(?:href|action|src)="([^"]*)"', path.read_text()):
        assert target == "#main" or target.startswith("{{"), target


def test_static_files_ask_nobody_else() -> None:
    for path in sorted((TEMPLATES.parent / "static").iterdir()):
        outside = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
        assert set(outside) <= {"http://www.w3.org"}, path.name
