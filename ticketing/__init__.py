"""The service: search, quote, purchase, gate and settlement between an API above and a database below."""
