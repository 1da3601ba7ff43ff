"""A request comes from an address: the connection's, or the one that trusted proxies say they have it from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_of(request: HttpRequest) -> str:
    """Return the client's address. Of X-Forwarded-For only what STEPWELL_TRUSTED_PROXIES proxies have written at its end counts: the rest
    is what the client says itself."""
    own = str(request.META.get("REMOTE_ADDR") or "")
    trusted = settings.STEPWELL_TRUSTED_PROXIES
    if not trusted:
        return own
    said = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if len(said) < trusted:
        return own
    try:
        return str(ipaddress.ip_address(said[-trusted]))
    except ValueError:
        return own


def are_shared() -> bool:
    """Say whether many people may have one address: behind a proxy (STEPWELL_HTTPS) that is not trusted to say whose request it is."""
    return bool(settings.HTTPS and not settings.STEPWELL_TRUSTED_PROXIES)
