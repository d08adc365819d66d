"""Starting ``telltale up``: what is wrong is said in one line, with exit code 2."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from collector_process import CollectorProcess

from telltale_collector.errors import StartError
from telltale_collector.settings import Settings, read_settings


def up(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "telltale._cli", "up", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stderr
    (line,) = result.stderr.strip().splitlines()
    return line


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = one_line(up("--port", str(port), "--data-dir", str(tmp_path)))
    assert f"port {port} on 127.0.0.1 is taken" in line
    assert "--port" in line


def test_a_data_folder_in_use_is_said_in_one_line(collector: CollectorProcess) -> None:
    line = one_line(up("--port", "0", "--data-dir", str(collector.data_dir)))
    assert "is in use by another collector" in line
    assert "--data-dir" in line


def test_a_data_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = one_line(up("--port", "0", "--data-dir", str(tmp_path / "file" / "below")))
    assert "cannot be written" in line


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "::", "example.com"])
def test_an_address_that_is_not_loopback_is_refused(host: str, tmp_path: Path) -> None:
    line = one_line(up("--host", host, "--port", "0", "--data-dir", str(tmp_path)))
    assert "is not loopback" in line


@pytest.mark.parametrize(("option", "value"), [("--port", "seventy"), ("--port", "70000"), ("--batch-spans", "0")])
def test_a_setting_of_the_wrong_type_is_refused_by_name(option: str, value: str, tmp_path: Path) -> None:
    line = one_line(up("--data-dir", str(tmp_path), option, value))
    assert option[2:].replace("-", "_") in line
    assert value in line


def test_a_file_in_the_place_of_the_log_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "wal").touch()
    line = one_line(up("--port", "0", "--data-dir", str(tmp_path)))
    assert "write-ahead log" in line


def test_a_missing_price_file_is_refused(tmp_path: Path) -> None:
    line = one_line(up("--data-dir", str(tmp_path), "--price-file", str(tmp_path / "none.yaml"), "--port", "0"))
    assert "price file" in line


def test_sigterm_ends_the_collector_cleanly(own_collector: CollectorProcess) -> None:
    own_collector.start()
    assert own_collector.stop() == 0


def test_an_option_wins_over_the_environment_and_both_over_the_default() -> None:
    environment = {"TELLTALE_PORT": "5000", "TELLTALE_LINGER_MS": "7"}
    settings = read_settings({"port": "6000"}, environment)
    assert (settings.port, settings.linger_ms, settings.host) == (6000, 7, Settings().host)


def test_a_server_dsn_takes_the_place_of_the_embedded_engine() -> None:
    assert read_settings({"clickhouse": "clickhouse://h/db"}, {}).dsn == "clickhouse://h/db"
    assert read_settings({"data_dir": "/x"}, {}).dsn == "chdb:///x/clickhouse"


def test_a_malformed_environment_variable_is_refused_by_name() -> None:
    with pytest.raises(StartError, match="port"):
        read_settings({}, {"TELLTALE_PORT": "x"})


def test_help_names_every_setting() -> None:
    result = up("--help")
    assert result.returncode == 0
    for name in Settings.__dataclass_fields__:
        assert f"TELLTALE_{name.upper()}" in result.stdout
    assert os.path.sep in result.stdout
