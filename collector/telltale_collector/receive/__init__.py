"""Where telemetry comes in. Knows HTTP; nobody further in does."""
