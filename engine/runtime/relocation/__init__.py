"""Tokens are put elsewhere than where the flows lead: by an operator, by a migration, or back to an earlier point of the journal."""
