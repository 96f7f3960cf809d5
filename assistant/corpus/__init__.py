"""Keeping the texts of the collection in order: what `assistant corpus check` looks at."""
