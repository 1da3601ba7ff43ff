"""The journal holds entries as transitions append them; this room writes and reads them, and makes search tables of them."""

from engine.journal.entries import Draft, Entry, Given, append, draft, entry_of, read

__all__ = ["Draft", "Entry", "Given", "append", "draft", "entry_of", "read"]
