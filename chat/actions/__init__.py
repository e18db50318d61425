"""Use cases: a rule, one transaction, then the bell. Nothing here knows HTTP or HTML."""
