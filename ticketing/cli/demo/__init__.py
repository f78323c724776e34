"""Play a commuter's day, and the month after it, with pretended money."""
