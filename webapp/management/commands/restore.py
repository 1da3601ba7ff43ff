"""`manage.py restore FILE` makes an installation as it was when the backup was made, in an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from engine.postgres import keys
from webapp.launcher.servers import backups


class Command(BaseCommand):
    help = "Fill an empty database from a backup; `--data DIR` names a new data folder for the embedded one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        if tables := connection.introspection.table_names():
            raise CommandError(
                f"Expected an empty database, found {len(tables)} tables. Restore into a new one: another `--data DIR`, or "
                "another DATABASE_URL."
            )
        connection.close()
        backups.load(settings.DATABASE_URL, file)
        keys.skip_those_given_out_since_a_backup()
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        self.stdout.write("Restored. `python3 manage.py up` goes on from where the backup was made.")
