"""The installed version."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("telltale-llm")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0.0.0"
