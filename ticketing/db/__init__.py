"""The database: tables, transactions and queries. The only door to SQLAlchemy."""
