"""The files that Grafana reads are current, whole, and made of what Grafana knows."""

import json
import re
import warnings
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units

from telltale_collector.store.client import Client
from telltale_dashboards.alerts import groups
from telltale_dashboards.boards import boards
from telltale_dashboards.build import generated, stale, write
from telltale_dashboards.commands import dashboards
from telltale_dashboards.grafana import PLUGIN, SOURCE_NAME, SOURCE_UID

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "dashboards/generated"
PROVISIONING = ROOT / "deploy/grafana/provisioning"
FILES = {name: json.loads(text) for name, text in generated().items() if name.endswith(".json")}
MACROS = {"$__conditionalAll", "$__fromTime_ms", "$__toTime_ms", "$__interval_s"}
FORMATS = {"timeseries": 0, "heatmap": 0, "stat": 1, "table": 1, "bargauge": 1, "nodeGraph": 1, "traces": 3}


def panels_of(dashboard: dict) -> list[dict]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def paths_of(value: object, at: str = "") -> set[str]:
    """Every place in a JSON value that holds something, with what it holds."""
    if isinstance(value, dict):
        return {path for key, inner in value.items() for path in paths_of(inner, f"{at}.{key}")}
    if isinstance(value, list):
        return {path for number, inner in enumerate(value) for path in paths_of(inner, f"{at}[{number}]")}
    return set() if value is None else {f"{at} = {value!r}"}


def test_the_committed_files_are_current() -> None:
    assert stale(GENERATED) == [], "run: make dashboards"


def test_the_same_boards_give_the_same_bytes() -> None:
    assert generated() == generated()
    assert len(FILES) == len(boards())


@pytest.mark.parametrize("name", FILES)
def test_grafanas_own_models_know_every_key(name: str) -> None:
    """A misspelt key would be lost on the way through the SDK's models."""
    register_default_plugins()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from grafana_foundation_sdk.models.dashboard import Dashboard

        read = Dashboard.from_json(json.loads(json.dumps(FILES[name])))
    again = json.loads(json.dumps(read, cls=JSONEncoder))
    assert paths_of(FILES[name]) - paths_of(again) == set()


@pytest.mark.parametrize("name", FILES)
def test_a_dashboard_stands_alone(name: str) -> None:
    dashboard = FILES[name]
    assert name == f"{dashboard['uid']}.json"
    assert dashboard["editable"] is False
    assert dashboard["tags"] == ["telltale"]
    assert dashboard["panels"][0]["type"] == "row"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", PLUGIN)
    assert variables["datasource"]["label"] == "Data source"
    for variable in variables.values():
        assert not {"auto", "auto_min", "auto_count"} & variable.keys(), "Grafana 13 refuses these"
        assert variable["type"] != "query" or variable["refresh"] == 2


@pytest.mark.parametrize("name", FILES)
def test_a_panel_has_title_description_unit_and_a_query_for_its_kind(name: str) -> None:
    known = {value for key, value in vars(units).items() if not key.startswith("_")}
    for panel in panels_of(FILES[name]):
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"] == {"type": PLUGIN, "uid": "${datasource}"}
        fields = panel["fieldConfig"]
        assert fields["defaults"]["unit"] in known
        overridden = [p for o in fields["overrides"] for p in o["properties"] if p["id"] == "unit"]
        assert {p["value"] for p in overridden} <= known
        assert len(panel["targets"]) == (2 if panel["type"] == "nodeGraph" else 1)
        for target in panel["targets"]:
            assert target["format"] == FORMATS[panel["type"]]
            assert (target["editorType"], target["datasource"]) == ("sql", panel["datasource"])


@pytest.mark.parametrize("name", FILES)
def test_queries_use_macros_that_old_data_sources_know_and_variables_that_are_there(name: str) -> None:
    dashboard = FILES[name]
    names = {variable["name"] for variable in dashboard["templating"]["list"]}
    texts = [target["rawSql"] for panel in panels_of(dashboard) for target in panel["targets"]]
    texts += [v["query"]["rawSql"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    for text in texts:
        assert set(re.findall(r"\$__\w+", text)) <= MACROS
        assert set(re.findall(r"\$\{(\w+)[:}]", text)) <= names
        assert set(re.findall(r"\$\{\w+(:\w+)?\}", text)) <= {":singlequote"}, "values are quoted by Grafana"
        assert "?" not in text, "the data source's driver would take it for a parameter"


@pytest.mark.parametrize("name", FILES)
def test_links_lead_to_the_trace_board_and_to_telltale(name: str) -> None:
    dashboard = FILES[name]
    names = {variable["name"] for variable in dashboard["templating"]["list"]}
    for panel in panels_of(dashboard):
        for override in panel["fieldConfig"]["overrides"]:
            for links in [p["value"] for p in override["properties"] if p["id"] == "links"]:
                here, there = links
                assert here["url"].startswith("/d/telltale-trace?var-trace_id=${__value.raw}&")
                assert there["url"] == "${telltale_url}/traces/${__value.raw}"
                used = set(re.findall(r"\$\{(\w+)", here["url"] + there["url"])) - {"__value", "__url_time_range"}
                assert used <= names


def test_build_writes_all_and_removes_what_is_no_board_any_more(tmp_path: Path, capsys) -> None:
    (tmp_path / "telltale-gone.json").write_text("{}")
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts/gone.yaml").write_text("{}")
    assert dashboards(["build", "--out", str(tmp_path), "--check"]) == 1
    assert "telltale-overview.json is not current" in capsys.readouterr().err
    assert dashboards(["build", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "mine.json", "alerts"}
    assert {path.stem for path in (tmp_path / "alerts").iterdir()} == {group.name for group in groups()}
    assert dashboards(["build", "--out", str(tmp_path), "--check"]) == 0


def test_one_changed_byte_is_noticed(tmp_path: Path) -> None:
    first, *_ = write(tmp_path)
    first.write_text(first.read_text().replace("telltale", "Telltale", 1))
    assert stale(tmp_path) == [first.name]


def test_the_statements_that_make_the_reader_are_ones_that_clickhouse_reads(client: Client) -> None:
    text = re.sub(r"^--.*\n", "", (ROOT / "deploy/grafana/reader.sql").read_text(), flags=re.MULTILINE)
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    assert len(statements) == 4
    for statement in statements:
        (row,) = client.query("SELECT formatQuery({statement:String}) AS read", {"statement": statement}, {})
        assert row["read"]


def test_file_provisioning_names_the_folder_and_the_data_source_that_push_makes() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources/telltale.yaml").read_text())["datasources"]
    assert (source["name"], source["uid"], source["type"]) == (SOURCE_NAME, SOURCE_UID, PLUGIN)
    assert source["jsonData"]["traces"]["defaultTable"] == "otel_traces"
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards/telltale.yaml").read_text())["providers"]
    assert (provider["folder"], provider["folderUid"], provider["type"]) == ("Telltale", "telltale", "file")
