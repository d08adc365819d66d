"""The runbook: a heading for each rule, and below it all that somebody who was woken needs."""

import re
from pathlib import Path

import pytest

from telltale_collector.document import facts, renewed
from telltale_dashboards.alerts import groups

RUNBOOK = Path(__file__).parents[2] / "dashboards/runbook.md"
UIDS = [rule.uid for group in groups() for rule in group.rules]
SECTIONS = dict(re.findall(r"^### (\S+)\n\n(.*?)(?=^##|\Z)", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL))


def test_every_rule_has_a_heading_and_every_heading_a_rule() -> None:
    headings = re.findall(r"^### (.*)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(UIDS)


@pytest.mark.parametrize("uid", UIDS)
def test_a_section_says_facts_meaning_three_checks_and_how_to_quiet_it(uid: str) -> None:
    first, *rest = SECTIONS[uid].strip().split("\n\n")
    assert first == f"_{facts(uid)}_"
    assert len(rest) == 3
    meaning, checks, good = rest
    assert meaning.endswith(".")
    assert re.findall(r"^\d\.", checks, re.MULTILINE) == ["1.", "2.", "3."]
    assert good.startswith("For good: ")


def test_a_threshold_that_changed_is_written_anew() -> None:
    text = "### agent-loop\n\n_An agent: page, above 7._\n\nMeans.\n"
    assert renewed(text) == f"### agent-loop\n\n_{facts('agent-loop')}_\n\nMeans.\n"
    assert renewed(renewed(text)) == renewed(text)


def test_a_heading_of_no_rule_is_refused() -> None:
    with pytest.raises(KeyError):
        renewed("### no-such-rule\n\nMeans.\n")
