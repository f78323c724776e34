"""The HTTP API for apps: schemas, views and the one table from error to status."""
