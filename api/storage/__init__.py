"""The database: engine, transactions that know their owner, raw SQL on hot paths, keyset pages."""
