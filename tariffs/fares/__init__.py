"""One operator's published tariff: GTFS-Fares V2 tables, read, checked, compiled and priced."""
