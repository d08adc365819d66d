"""The overview: a period against the one before, in tiles and in what changed."""
