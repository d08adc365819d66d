"""The example is a folder of scripts that import each other: it stands on the path here as it does when run."""

import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from openai import OpenAI

RAG_BOT = Path(__file__).parents[2] / "sdk" / "examples" / "rag_bot"
sys.path.insert(0, str(RAG_BOT))


@pytest.fixture(scope="session")
def rag_bot() -> Path:
    return RAG_BOT


@pytest.fixture
def stand_in_client() -> Iterator[OpenAI]:
    """The real openai client on the real stand-in server."""
    import stand_in

    with ThreadingHTTPServer(("127.0.0.1", 0), stand_in.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0) as client:
            yield client
        server.shutdown()
        thread.join()
