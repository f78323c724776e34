"""Every speed claim, side by side with a peer or a limit, in one run: `make bench`."""
