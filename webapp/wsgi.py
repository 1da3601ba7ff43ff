"""The WSGI application that Granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from engine import telemetry
from webapp.launcher.children import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

if os.environ.get("STEPWELL_SUPERVISED"):
    die_with_parent()  # this is Granian's worker process, its parent Granian's master
telemetry.set_up("web")
application = get_wsgi_application()
