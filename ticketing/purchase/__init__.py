"""Purchase: a quote becomes an order, is paid, becomes tickets, and may be refunded."""
