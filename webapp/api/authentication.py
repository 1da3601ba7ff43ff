"""Requests say who makes them: people by the session cookie, programs by a bearer token."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from webapp.accounts import tokens


class BearerAuthentication(authentication.BaseAuthentication):
    """A program sends `Authorization: Bearer TOKEN`; no CSRF token is needed, since no browser sends this by itself."""

    def authenticate(self, request: Request) -> tuple[User, tokens.Bearer] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        found = tokens.find(token.strip())
        if found is None:
            raise exceptions.AuthenticationFailed("The token is unknown or was revoked.")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="stepwell"'


class SessionAuthentication(authentication.SessionAuthentication):
    """A person has Django's session, with CSRF on everything that changes."""

    def enforce_csrf(self, request: Any) -> None:
        # Django's own request: DRF's would look for a parser, and bodies are read by the operations themselves
        super().enforce_csrf(getattr(request, "_request", request))


class _Bearer(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class _Session(OpenApiAuthenticationExtension):
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "stepwell_session"}
