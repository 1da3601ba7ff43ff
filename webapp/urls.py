"""Every address of the web application."""

from django.urls import path, re_path

from webapp import health, pages

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    # all else is a page of the front end, except what can only be a file or the API
    re_path(r"^(?!v2/|static/|assets/).*$", pages.page),
]
