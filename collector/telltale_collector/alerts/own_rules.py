"""The user's own alert rules, and changes to built-in ones: a YAML file of the same shape as ``Group`` and ``Rule``.

    groups:
      - name: checkout
        interval: 1m                    # optional
        rules:
          - uid: slow-checkout
            title: The checkout's answers are slow
            severity: ticket            # page, ticket, info
            unit: ns                    # short, none, percentunit, currencyUSD, ns, ms, s, cps
            sql: |
              SELECT ifNull(toString(service), '') AS application, quantile(0.95)(duration_ns) AS p95
              FROM spans FINAL
              WHERE project = {project:String} AND kind = 'llm' AND name = 'checkout'
                AND start_time >= fromUnixTimestamp64Nano({from_time:Int64})
                AND start_time < fromUnixTimestamp64Nano({to_time:Int64})
              GROUP BY application HAVING count() >= 20
            window: 15m
            threshold: 8e9
            bound: above                # optional, like all of: above, below
            for: 5m
            keep_firing_for: 10m
            no_data: ok                 # ok, alerting, keep_last
            description: What it means, and what to look at first.
            shows: {board: telltale-latency, panel: Latency}
    change:
      - uid: agent-loop                 # a built-in rule, and what of it is to be otherwise
        threshold: 80
        severity: ticket
      - uid: user-abuse
        is_on: false

Times are seconds, or 90s, 5m, 6h, 3d.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from telltale_collector.alerts.rule_fields import called, made, values_of
from telltale_collector.errors import StartError
from telltale_dashboards.alerts import groups as built_in
from telltale_dashboards.rule import Group, Rule


def load_rules(path: Path | None) -> tuple[Group, ...]:
    """The built-in groups with the file's changes, then the file's own groups.

    Raises:
        StartError: the file is absent or not in the format; the text says which rule and field, and what to write.
    """
    if path is None:
        return built_in()
    content = _content(path)
    own = tuple(_groups(content.get("groups") or [], str(path)))
    changes = dict(_changes(content.get("change") or [], str(path)))
    changed = tuple(
        replace(group, rules=tuple(replace(rule, **changes.get(rule.uid, {})) for rule in group.rules))
        for group in built_in()
    )
    _refuse_doubles((*built_in(), *own), str(path))
    return (*changed, *own)


def own_groups(path: Path) -> tuple[Group, ...]:
    """The file's own groups, and those built-in rules that it changes, in groups of theirs.

    Raises:
        StartError: as ``load_rules``.
    """
    groups = load_rules(path)
    touched = {change["uid"] for change in _content(path).get("change") or []}
    known = {group.name for group in built_in()}
    found = []
    for group in groups:
        rules = tuple(rule for rule in group.rules if group.name not in known or rule.uid in touched)
        if rules:
            found.append(replace(group, rules=rules))
    return tuple(found)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError(f"the file of alert rules {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StartError(f"the file of alert rules {path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not set(content) <= {"groups", "change"}:
        raise StartError(f"{path} is no file of alert rules", "write lists 'groups' and 'change', and nothing else")
    for name, part in content.items():
        if not isinstance(part, list | None):
            raise StartError(f"{path}: {name!r} is not a list", "begin each entry with '- '")
    return content


def _groups(given: list[Any], file: str) -> Iterator[Group]:
    for place, entry in enumerate(given, 1):
        group: Group = made(Group, entry, f"{file}: group {called(entry, 'name', place)}")
        yield group


def _changes(given: list[Any], file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    known = {rule.uid for group in built_in() for rule in group.rules}
    for place, entry in enumerate(given, 1):
        where = f"{file}: change {called(entry, 'uid', place)}"
        changes = values_of(Rule, entry, where)
        uid = changes.pop("uid", None)
        if uid not in known:
            raise StartError(f"{where} is of no built-in rule", "telltale alerts list shows them")
        yield uid, changes


def _refuse_doubles(groups: tuple[Group, ...], file: str) -> None:
    for what, names in (
        ("group", [group.name for group in groups]),
        ("rule", [rule.uid for group in groups for rule in group.rules]),
    ):
        for name in names:
            if names.count(name) > 1:
                hint = "choose another; what is built in can be altered under 'change'"
                raise StartError(f"{file}: the name {name!r} of a {what} is used twice", hint)
