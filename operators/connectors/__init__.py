"""One file a protocol; connectors do not know each other, and only the registry names them."""
