"""The web application has these addresses."""

from django.urls import include, path, re_path

from webapp import health, pages
from webapp.accounts import views as accounts
from webapp.metrics import MetricsView

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", MetricsView.as_view()),
    path("v2/", include("webapp.api.urls")),
    path("logout", accounts.logout),
    path("login", accounts.login_or_page),
    # all else is a page of the front end, except what can only be a file or the API
    re_path(r"^(?!v2/|static/|assets/).*$", pages.page),
]
handler400 = "webapp.problems.bad_request"
handler404 = "webapp.problems.not_found"
handler500 = "webapp.problems.server_error"
