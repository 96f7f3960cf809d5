"""From a question to hits, and from hits to the sentences that answer."""
