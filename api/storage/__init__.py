"""The database: engine, transactions of one owner, raw SQL for hot paths, keyset pages, backup."""
