"""A form says what a person may send."""

from engine.forms.checking import FormRejected, accepted

__all__ = ["FormRejected", "accepted"]
