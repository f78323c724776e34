"""Open transport: timetables in GTFS. No hold, no confirm: capacity is not sold, our ticket is the ticket."""
