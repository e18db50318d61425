"""Keeping readers up to date: feeds, the hub, the bell, presence. No SQL, no HTML: both are handed in."""
