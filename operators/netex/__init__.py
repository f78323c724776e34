"""NeTEx (CEN/TS 16614): deliveries of timetables and fares, read into the tables of GTFS."""
