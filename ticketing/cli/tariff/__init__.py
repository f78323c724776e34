"""Check a tariff, price an itinerary, split an amount, and the clerk's other tools."""
