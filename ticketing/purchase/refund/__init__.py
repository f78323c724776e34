"""Give tickets back, whole or by leg, or exchange them: what comes back and why, what the rest is worth, and how the money goes."""
