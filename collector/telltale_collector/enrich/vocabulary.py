"""tiktoken's encodings without a download: the vocabulary files come inside the package ``bpe-openai``.

tiktoken looks for a vocabulary in its cache folder, under the SHA-1 of the address it would fetch, and checks the
file's SHA-256. So the packaged file is laid there for the moment of loading.
"""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import tiktoken

_CACHE_NAMES = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_loading = threading.Lock()


@cache
def encoding(name: str) -> tiktoken.Encoding:
    """The encoding ``cl100k_base`` or ``o200k_base``; about 0.4 s and 40 MB at its first use."""
    packed = (_packaged_data() / f"{name}.tiktoken.gz").read_bytes()
    with _loading, tempfile.TemporaryDirectory() as folder:
        (Path(folder) / _CACHE_NAMES[name]).write_bytes(gzip.decompress(packed))
        before = os.environ.get(_CACHE_VARIABLE)
        os.environ[_CACHE_VARIABLE] = folder
        try:
            return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ[_CACHE_VARIABLE]
            else:
                os.environ[_CACHE_VARIABLE] = before


def _packaged_data() -> Path:
    """The data folder of ``bpe-openai``, without importing it: it would load tokenizers of its own (150 MB)."""
    spec = find_spec("bpe_openai")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "data"
