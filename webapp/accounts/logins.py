"""People log in by their password; anyone who guesses has to wait."""

from __future__ import annotations

import logging

from django.contrib import auth
from django.http import HttpRequest

from engine.errors import EngineError
from webapp.accounts import addresses, throttle

logger = logging.getLogger(__name__)


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
    address = addresses.client_of(request)
    named = username[:150]
    wait = throttle.begin(username, address, is_shared=addresses.are_shared())
    if wait:
        logger.warning("Login of %r from %s refused: too many wrong passwords", named, address)
        raise TooManyAttempts(wait)
    user = auth.authenticate(request, username=username, password=password)
    if user is None:
        logger.warning("Login of %r from %s failed: wrong name or password", named, address)
        raise WrongPassword("The username or the password is wrong.")
    throttle.forget(username, address)
    auth.login(request, user)
    logger.info("Login of %r from %s", named, address)
