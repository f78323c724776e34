"""Sell while machines die: a primary and its synchronous standby under Patroni, two services, two workers and a proxy."""
