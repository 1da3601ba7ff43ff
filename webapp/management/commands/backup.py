"""`manage.py backup FILE` saves the whole installation at one moment, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from webapp.launcher.servers import backups


class Command(BaseCommand):
    help = "Write a backup of the database to FILE, while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_: Any, file: Path, **__: Any) -> None:
        size = backups.dump(settings.DATABASE_URL, file)
        self.stdout.write(f"Wrote {size} bytes to {file}.")
