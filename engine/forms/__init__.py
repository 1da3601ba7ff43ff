"""What a form lets a person send."""

from engine.forms.checking import FormRejected, accepted

__all__ = ["FormRejected", "accepted"]
