"""Offers, quotes, orders with their places and payments, and what gateways have reported."""
