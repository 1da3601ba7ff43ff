from __future__ import annotations

from django.db import models


class TestClock(models.Model):
    """Tests have set this time, for all processes. There is at most one row; see `engine.clock`."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    id = models.IntegerField(primary_key=True, default=1)
    pinned_at = models.DateTimeField()
    set_at = models.DateTimeField()
    runs = models.BooleanField(default=True)
