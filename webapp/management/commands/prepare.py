"""Makes a database ready for this version: migrations, on request demo users, and the process packages."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

# Any number that no other part locks on: several web servers may be started at once against one database.
_ADVISORY_LOCK = 7_384_215_001


class Command(BaseCommand):
    help = "Migrate the database and deploy the folder of processes; with --demo make demo users in an empty one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo users, if there are no users yet")

    def handle(self, *_: Any, demo: bool, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            try:
                call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
                if demo and not get_user_model()._default_manager.exists():
                    call_command("demo_users", stdout=self.stdout)
                self._deploy()
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])

    def _deploy(self) -> None:
        """A package with mistakes is named and left out: its last good version, and all else, goes on."""
        try:
            call_command("deploy_processes", stdout=self.stdout, stderr=self.stdout)
        except CommandError as error:
            self.stdout.write(f"WARNING: {error} Mend them and start again, or deploy them from the modeler.")
