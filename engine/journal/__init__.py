"""The journal: entries as transitions append them, and what is made of them."""

from engine.journal.entries import Draft, Entry, Given, append, draft, entry_of, read

__all__ = ["Draft", "Entry", "Given", "append", "draft", "entry_of", "read"]
