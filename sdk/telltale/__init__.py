"""Telltale: one line of instrumentation for LLM applications."""
