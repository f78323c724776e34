"""Search: timetables of a region's operators merged, scanned, priced and offered."""
