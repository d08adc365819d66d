"""The thread that drives a group commit: it writes as long as anybody waits."""

from __future__ import annotations

import threading

from telltale_collector.wal.group_commit import GroupCommit


class Appender:
    def __init__(self, commits: GroupCommit) -> None:
        self._commits = commits
        self._thread = threading.Thread(target=self._run, name="wal-appender", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, then stop."""
        self._commits.stop()
        self._thread.join()
        self._commits.close()

    def _run(self) -> None:
        while self._commits.wait():
            self._commits.flush()
