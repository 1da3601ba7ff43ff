"""People log in by their password; anyone who guesses has to wait."""

from __future__ import annotations

from django.contrib import auth
from django.http import HttpRequest

from engine.errors import EngineError
from webapp.accounts import throttle


class WrongPassword(EngineError):  # noqa: N818
    """Nobody of this name has this password."""

    title = "Unauthorized"


class TooManyAttempts(EngineError):  # noqa: N818
    """So many wrong passwords came from here that the next attempt has to wait `seconds`."""

    title = "Too many attempts"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many wrong passwords. Try again in {seconds} seconds.")


def log_in(request: HttpRequest, username: str, password: str) -> None:
    """Log the user in: the session of the request belongs to them from then on. Raises WrongPassword, TooManyAttempts."""
    address = request.META.get("REMOTE_ADDR", "")
    wait = throttle.seconds_to_wait(username, address)
    if wait:
        raise TooManyAttempts(wait)
    user = auth.authenticate(request, username=username, password=password)
    if user is None:
        throttle.note_failure(username, address)
        raise WrongPassword("The username or the password is wrong.")
    throttle.forget(username, address)
    auth.login(request, user)
