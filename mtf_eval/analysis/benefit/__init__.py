"""Effects and outcomes to money. See docs/assumptions.md."""
