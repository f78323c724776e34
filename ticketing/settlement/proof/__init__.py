"""Prove the books: entries, runs, steps and what ended with a month, and the anchors that show that nothing was changed."""
