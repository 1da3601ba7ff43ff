"""`manage.py prepare` makes a database ready for this version: migrations, on request demo users, and the process packages."""

import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection
from psycopg import errors as sql_errors

from engine import handlers
from engine.postgres import locks
from engine.postgres.locks import Lock

_LOCK_TIMEOUT = "2s"
"""A change of a table waits so long for its lock, then gives up and comes again: meanwhile everybody else waits behind it."""
_PAUSE = 3.0  # seconds
_ATTEMPTS = 200


class Command(BaseCommand):
    help = "Migrate the database and deploy the folder of processes; with --demo make demo users in an empty one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo users, if there are no users yet")

    def handle(self, *_: Any, demo: bool, **__: Any) -> None:
        self._check_handlers()
        with locks.held(Lock.PREPARATION):
            self._migrate()
            if demo and not get_user_model()._default_manager.exists():
                call_command("demo_users", stdout=self.stdout)
            self._deploy()

    def _check_handlers(self) -> None:
        """Refuse packages that want one job type, and name those that cannot be imported, which cost only themselves."""
        faults = handlers.faults()
        for broken in faults.broken:
            self.stdout.write(f"WARNING: {broken} Mend it and start again.")
        if faults.contested:
            raise CommandError(" ".join(map(str, faults.contested.values())))

    def _migrate(self) -> None:
        """Migrate. What was migrated before a lock was not to be had stays so: a migration is a transaction of its own."""
        for attempt in range(1, _ATTEMPTS + 1):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [_LOCK_TIMEOUT])
            try:
                call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
            except OperationalError as error:
                if not isinstance(error.__cause__, sql_errors.LockNotAvailable) or attempt == _ATTEMPTS:
                    raise
                self.stdout.write(f"A table that changes is in use; trying again in {_PAUSE:g} s ({attempt}).")
                self.stdout.flush()
                time.sleep(_PAUSE)
            else:
                break
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    def _deploy(self) -> None:
        """Deploy the process packages. One with mistakes is named and left out: its last good version, and all else, goes on."""
        try:
            call_command("deploy_processes", stdout=self.stdout, stderr=self.stdout)
        except CommandError as error:
            self.stdout.write(f"WARNING: {error} Mend them and start again, or deploy them from the modeler.")
