"""`make demo`: starts the collector and a small model, asks the bot, and shows what Telltale saw."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import bot
import golden
import stand_in
import summary
from openai import OpenAIError
from progress import Progress
from questions import Turn, plan
from services import HERE, LOOPBACK, DemoError, answers, free_port, get_json, is_taken, service

import telltale

PROVIDER = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
SETTLE_S = 60.0
INVENTED_PRICES = "at the invented prices of prices.yaml; a local model has no list price"


def main(argv: Sequence[str]) -> int:
    """The exit code: 0 all is stored, 1 something is missing, 2 something does not run, 130 interrupted."""
    options = _options(argv)
    for ends in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # both end it in order, also where a shell ignores SIGINT
        signal.signal(ends, signal.default_int_handler)
    with ExitStack() as running:
        try:
            return _run(options, running)
        except DemoError as error:
            print(f"\n{error}", file=sys.stderr)
            return 2
        except OpenAIError as error:
            print(f"\nthe model does not answer: {error}; see {', '.join(PROVIDER)}, DEMO_MODEL", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("\ninterrupted")
            return 130
        finally:
            for once in (signal.SIGINT, signal.SIGTERM):  # what runs is ended in order; a second one would not help
                signal.signal(once, signal.SIG_IGN)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo.py", description="A RAG bot, traced by Telltale.")
    parser.add_argument("--once", action="store_true", help="exit when all is stored, instead of keeping the UI up")
    parser.add_argument("--questions", type=_positive, default=12, metavar="N", help="how many to ask (default 12)")
    parser.add_argument("--port", type=int, default=4318, help="of the collector and UI (default 4318)")
    parser.add_argument("--data-dir", type=Path, default=Path(".telltale/demo"), help="default .telltale/demo")
    parser.add_argument("--url", help="use the collector that runs there instead of starting one")
    parser.add_argument("--unpriced", action="store_true", help="do without the example prices of prices.yaml")
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _run(options: argparse.Namespace, running: ExitStack) -> int:
    data_dir = options.data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), LOOPBACK]))
    url = _given_collector(options.url) if options.url else running.enter_context(_collector(options, data_dir))
    is_local = running.enter_context(_model(data_dir))
    os.environ["TELLTALE_ENDPOINT"] = url
    running.callback(telltale.flush)  # while the collector still runs, however this ends
    since = datetime.now(UTC).isoformat()
    trace_ids = _ask(plan(options.questions))
    telltale.flush()
    missing = _missing_after_settling(url, since, trace_ids)
    is_invented = is_local and not options.unpriced and not options.url
    print(summary.render(summary.fetch(url, since), url, INVENTED_PRICES if is_invented else None))
    if missing:
        print(f"{len(missing)} of {len(trace_ids)} traces did not arrive: {', '.join(missing)}", file=sys.stderr)
        return 1
    if not options.once:
        _keep_running()
    return 0


def _given_collector(url: str) -> str:
    if not answers(f"{url.rstrip('/')}/readyz"):
        raise DemoError(f"no collector answers at {url}: start one with `telltale up`, or leave --url out")
    return str(url.rstrip("/"))


@contextmanager
def _collector(options: argparse.Namespace, data_dir: Path) -> Iterator[str]:
    """A collector of our own; gives its URL."""
    url = f"http://{LOOPBACK}:{options.port}"
    advice = f'try another port: make demo DEMO_ARGS="--port {options.port + 1}"'
    if is_taken(options.port):
        raise DemoError(f"port {options.port} is taken; {advice}\nor trace into what runs there: --url {url}")
    telltale_command = str(Path(sysconfig.get_path("scripts")) / "telltale")
    command = [telltale_command, "up", "--port", str(options.port), "--data-dir", str(data_dir)]
    env = {} if options.unpriced else {"TELLTALE_PRICE_FILE": str(HERE / "prices.yaml")}
    _say(f"starting the collector, data in {data_dir}")
    with service("collector", command, data_dir / "collector.log", env) as collector:
        try:
            collector.wait_until_ready(f"{url}/readyz")
        except DemoError as error:
            raise DemoError(f"{error}\n{advice}") from None
        yield url


@contextmanager
def _model(data_dir: Path) -> Iterator[bool]:
    """The model that the environment names, else a local one, put into the environment; whether it is local."""
    if any(name in os.environ for name in PROVIDER):
        os.environ.setdefault("DEMO_MODEL", "gpt-4o-mini")
        os.environ.setdefault("OPENAI_API_KEY", "none")  # the client wants one, a server of one's own need not
        _say(f"using your provider's {os.environ['DEMO_MODEL']}")
        yield False
        return
    port = free_port()
    command = [sys.executable, str(HERE / "model_server.py"), str(port)]
    base = f"http://{LOOPBACK}:{port}/v1"
    _say("starting a local model")
    with service("model", command, data_dir / "model.log") as model:
        model.wait_until_ready(f"{base}/models")
        name = get_json(f"{base}/models")["data"][0]["id"]
        if name == stand_in.MODEL:
            _say(
                "no local model is installed (model-requirements.txt): using a stand-in that only quotes the documents"
            )
        os.environ.update(OPENAI_BASE_URL=base, OPENAI_API_KEY="none", DEMO_MODEL=name)
        yield True


def _ask(turns: list[Turn]) -> list[str]:
    """Have the bot answer; the ids of the traces."""
    client = bot.start()
    _say(f"asking {len(turns)} questions of {os.environ['DEMO_MODEL']}")
    progress = Progress(len(turns))
    trace_ids = []
    for turn in turns:
        answer = bot.answer(client, turn.question, session_id=turn.session_id, user_id=turn.user_id, stream=turn.stream)
        trace_ids.append(answer.trace_id)
        thumb = " " if turn.case is None else _give_feedback(turn.case, answer)
        progress.step(f"{thumb} {turn.question}  ->  {' '.join(answer.text.split())}")
    return trace_ids


def _give_feedback(case: golden.Case, answer: bot.Answer) -> str:
    """A like where the answer agrees with the golden one, else a dislike, on the answer's trace."""
    is_right = golden.agrees(case, answer.text)
    comment = f"golden answer {case.id}: {case.answer}"
    telltale.score("feedback", 1 if is_right else -1, trace_id=answer.trace_id, comment=comment, source="code")
    return "+" if is_right else "-"


def _missing_after_settling(url: str, since: str, trace_ids: list[str]) -> list[str]:
    """The traces that cannot be queried once the collector has stored all it received, or after a minute."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        is_settled = get_json(f"{url}/api/v1/stats")["wal_pending_spans"] == 0
        stored = {trace["trace_id"] for trace in summary.fetch(url, since).traces}
        missing = [trace_id for trace_id in trace_ids if trace_id not in stored]
        if (is_settled and not missing) or time.monotonic() > deadline:
            return missing
        time.sleep(0.3)


def _keep_running() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    print("Ctrl-C ends the demo; what it stored stays.", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nbye")


def _say(text: str) -> None:
    print(f"{text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
