"""This module has the rows of tokens and of failed logins."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Token(models.Model):
    """A token lets a program act for a user. Only its hash is kept, so that nobody who reads the table can use it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.TextField()
    digest = models.CharField(max_length=64)
    """The SHA-256 of the token in hexadecimal digits; the token has 256 random bits, so that a slow hash would add nothing."""
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="token_digest_unique")]  # noqa: RUF012


class FailedLogin(models.Model):
    """Somebody gave a password, wrong or just being looked at. Rows older than the throttle's window are deleted at the next one."""

    username = models.TextField()
    address = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [  # noqa: RUF012
            models.Index(fields=["username", "at"], name="failed_login_username"),
            models.Index(fields=["address", "at"], name="failed_login_address"),
        ]
