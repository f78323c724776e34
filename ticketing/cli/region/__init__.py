"""Check a region's folder, begin a new one, rehearse one."""
