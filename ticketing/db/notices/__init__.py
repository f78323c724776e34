"""Messages to people: the contacts of orders, and the outbox."""
