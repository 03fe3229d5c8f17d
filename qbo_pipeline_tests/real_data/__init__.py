"""Real business data carried from beginning to end: each set by a mapping of its own, control totals on both sides."""
