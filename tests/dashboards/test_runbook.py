"""The runbook: a heading for each rule, and below it all that somebody who was woken needs."""

import re
from pathlib import Path

import pytest

from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.rule import Rule

RUNBOOK = Path(__file__).parents[2] / "dashboards/runbook.md"
RULES = {rule.uid: rule for group in groups() for rule in group.rules}
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
SECTIONS = dict(re.findall(r"^### (\S+)\n\n(.*?)(?=^##|^<!-- end|\Z)", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL))


def test_every_rule_has_a_heading_and_every_heading_a_rule() -> None:
    assert re.findall(r"^### (.*)$", RUNBOOK.read_text(), re.MULTILINE) == list(RULES)


@EVERY_RULE
def test_a_section_says_facts_meaning_three_checks_and_how_to_quiet_it(rule: Rule) -> None:
    facts, meaning, checks, good = SECTIONS[rule.uid].strip().split("\n\n")
    assert facts.startswith(f"_{rule.title}: {rule.severity}, {rule.bound} ")
    assert meaning == rule.description
    assert checks == "\n".join(f"{place}. {text}" for place, text in enumerate(rule.checks, 1))
    assert good == f"For good: {rule.quiet}"


@EVERY_RULE
def test_there_are_three_checks_each_a_sentence(rule: Rule) -> None:
    assert len(rule.checks) == 3
    for text in (*rule.checks, rule.quiet):
        assert text.endswith((".", "?"))
        assert "$" not in text


@EVERY_RULE
def test_boards_that_a_check_names_are_there(rule: Rule) -> None:
    titles = [board.title.removeprefix("Telltale ") for board in boards()]
    for named in re.findall(r"\b[Bb]oard (\w+(?: health)?)", " ".join(rule.checks)):
        assert any(named.lower() in title.lower() for title in titles), named
