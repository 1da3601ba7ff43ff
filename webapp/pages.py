"""All pages are one HTML document; the front end finds its way by the address."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe


@require_safe
@ensure_csrf_cookie
def page(_request: HttpRequest) -> HttpResponse:
    """Return the built front end's index.html; 503 with what to do when it has not been built."""
    try:
        document = (Path(settings.FRONTEND_DIST) / "index.html").read_bytes()
    except FileNotFoundError:
        text = "The front end is not built. Start through `python3 manage.py up`, or run `npm ci && npm run build` in frontend/.\n"
        return HttpResponse(text, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(document, content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"  # it names the current build's files
    return response
