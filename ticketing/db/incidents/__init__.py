"""Rows of incidents: records and their chain, who may see them, partners, deliveries, foreign keys that gates refuse."""
