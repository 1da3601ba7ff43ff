"""Any WSGI server can serve this application too; a request that waits holds one of its threads. Ours is `webapp.asgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
application = get_wsgi_application()
