"""People log in and out by a session cookie. Both need the CSRF token that every page sets as a cookie."""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from engine import exact_json
from engine.errors import InvalidArgument
from webapp import pages
from webapp.accounts import logins
from webapp.problems import problem_response


def login_or_page(request: HttpRequest) -> HttpResponse:
    """Log in by POST; by GET the same address is a page of the front end."""
    return login(request) if request.method == "POST" else pages.page(request)


@require_POST
@csrf_protect
def login(request: HttpRequest) -> HttpResponse:
    """Log in with `username` and `password`, form-encoded or JSON: 204, or 401; 429 after too many wrong passwords."""
    try:
        given = _credentials(request)
    except (InvalidArgument, UnreadablePostError) as error:
        return problem_response(request, 400, "Invalid argument", str(error))
    username, password = given.get("username"), given.get("password")
    if not isinstance(username, str) or not isinstance(password, str) or "\x00" in username + password:
        return problem_response(request, 400, "Invalid argument", "Expected texts as username and password.")
    try:
        logins.log_in(request, username, password)
    except logins.WrongPassword as error:
        return problem_response(request, 401, error.title, error.detail)
    except logins.TooManyAttempts as error:
        response = problem_response(request, 429, error.title, error.detail)
        response["Retry-After"] = str(error.seconds)
        return response
    return HttpResponse(status=204)


@require_POST
@csrf_protect
def logout(request: HttpRequest) -> HttpResponse:
    """End the session: 204, also when there was none."""
    auth.logout(request)
    return HttpResponse(status=204)


def _credentials(request: HttpRequest) -> dict[str, Any]:
    if request.content_type == "application/json":
        given = exact_json.decode(request.body)
        if not isinstance(given, dict):
            raise InvalidArgument("Expected an object with username and password.")
        return given
    return request.POST.dict()
