"""How alerts and their rules are shown."""
