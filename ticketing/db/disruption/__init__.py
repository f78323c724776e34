"""Queries of what went otherwise than planned: observations, and the events that holders of tickets hear of."""
