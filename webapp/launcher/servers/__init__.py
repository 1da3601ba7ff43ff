"""The embedded PostgreSQL and Valkey, and backups by PostgreSQL's own programs."""
