"""Books: how each event is posted to the double-entry ledger."""
