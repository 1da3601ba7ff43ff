"""These modules start the embedded PostgreSQL and Valkey, and make backups by PostgreSQL's own programs."""
