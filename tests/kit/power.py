"""A folder on a disk that forgets, and the switch of its power.

A process of its own serves it through /dev/fuse, in a mount namespace of its own: nothing is left behind whatever ends.
Other processes get into that namespace by ``prefix``. Run as root, or where users may make namespaces.
"""

import os
import select
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Self

from amnesia_disk import WITHOUT_JOURNAL, Directory, Served
from fuse_wire import Connection

_LIMIT_S = 60
_AS_ROOT = os.geteuid() == 0
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Power:
    """On between ``on`` and ``off``; what is in the folder outlives both, as far as it was synced."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self._boots = 0
        folder.mkdir(parents=True, exist_ok=True)
        namespace = ["unshare", "--mount"] if _AS_ROOT else ["unshare", "--mount", "--map-root-user"]
        command = [*namespace, sys.executable, __file__, str(folder), str(seed)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.communicate(timeout=_LIMIT_S)

    def on(self) -> list[str]:
        """Mount the folder. The prefix of a command that sees it, and a boot id of its own, by ``exec``."""
        self._ask("on", "on")
        self._boots += 1
        boot_id = self.folder.with_name(f"{self.folder.name}.boot_id")
        boot_id.write_text(f"00000000-0000-4000-8000-{self._boots:012x}\n")
        enter = ["nsenter", "--target", str(self._server.pid), "--mount"]
        enter += [] if _AS_ROOT else ["--user", "--preserve-credentials"]
        script = f'mount --bind "{boot_id}" {_BOOT_ID} && exec "$@"'
        return [*enter, "unshare", "--mount", "sh", "-c", script, "sh"]

    def cut_in(self, operations: int) -> None:
        """Freeze the disk in the middle of its n-th change from now; returns when that has come."""
        self._ask(f"cut {operations}", "cut")

    def off(self) -> int:
        """What was not synced is lost. How many writes, cuts of files and changes of names that were.

        Whoever waits for the disk gets an error: kill it before, then wait for its end.
        """
        return int(self._ask("off", "off").split()[1])

    def _ask(self, question: str, expected: str) -> str:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{question}\n")
        ready, _, _ = select.select([self._server.stdout], [], [], _LIMIT_S)
        assert ready, f"waited {_LIMIT_S} s for the disk to do: {question}"
        answer = self._server.stdout.readline()
        assert answer.startswith(expected), f"the disk answered {answer!r} to {question!r}"
        return answer


def serve(folder: Path, seed: int) -> None:
    """Carry out what the other side of the standard streams asks for, until it closes them."""
    rng, root = Random(seed), Directory(has_journal=folder.name not in WITHOUT_JOURNAL)
    for line in iter(sys.stdin.readline, ""):
        if line.strip() == "on":
            served = Served(rng, root)
            served.number(root)
            connection = Connection(folder)
            print("on", flush=True)
            _serve_until_cut(connection, served)
            connection.close()
            print("off", served.torn + root.lose(rng), flush=True)


def _serve_until_cut(connection: Connection, served: Served) -> None:
    """Until the power is off; a disk that is frozen answers nothing any more."""
    while True:
        sources = [sys.stdin] if served.is_cut else [connection.fd, sys.stdin]
        ready, _, _ = select.select(sources, [], [])
        if sys.stdin in ready:
            line = sys.stdin.readline().split()
            if line[:1] != ["cut"]:
                return
            served.cut_in = int(line[1])
            continue
        asked = connection.next()
        number, answer = served.answer(asked)
        if served.is_cut:
            print("cut", flush=True)
        else:
            connection.answer(asked, number, answer)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
