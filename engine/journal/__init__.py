"""The journal holds entries as transitions append them; this room writes and reads them, and makes search tables of them."""

from engine.journal.entries import Entry, Given, NewEntry, append, entry_of, new_entry, read

__all__ = ["Entry", "Given", "NewEntry", "append", "entry_of", "new_entry", "read"]
