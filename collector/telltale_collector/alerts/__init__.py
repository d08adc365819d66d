"""Alert rules: evaluated, explained, and told to who should know."""
