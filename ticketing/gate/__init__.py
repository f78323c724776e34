"""Gate: accept or refuse a ticket, online and offline, by one pure decision."""
