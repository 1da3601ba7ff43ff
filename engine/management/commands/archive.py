"""`manage.py archive` writes instances to a file of JSON lines, verifies such files, and shows what stands in them."""

from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from engine.models import ProcessInstance
from engine.retention import archive, deletion


class Command(BaseCommand):
    help = "Export ended instances to a file, verify files of the archive, show an instance of a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        export = what.add_parser("export", help="write instances to FILE; the database stays as it is")
        export.add_argument("file", type=Path)
        export.add_argument("--process", help="only of this process id")
        export.add_argument("--ended-before", type=_moment, help="a date or time, such as 2030-01-31")
        export.add_argument(
            "--instance", type=int, action="append", help="this instance, running or not; may be repeated"
        )
        export.add_argument("--called", action=BooleanOptionalAction, default=True, help="with what they called")
        verify = what.add_parser("verify", help="read files, or all files of folders, and say whether they are whole")
        verify.add_argument("paths", type=Path, nargs="*", help="by itself, the archive of this installation")
        show = what.add_parser("show", help="the lines of one instance")
        show.add_argument("file", type=Path)
        show.add_argument("instance", type=int)

    def handle(self, *_: Any, what: str, **given: Any) -> None:
        commands: dict[str, Callable[..., None]] = {
            "export": self._export,
            "verify": self._verify,
            "show": self._show,
        }
        commands[what](**given)

    def _export(
        self,
        *,
        file: Path,
        process: str | None,
        ended_before: datetime | None,
        instance: list[int] | None,
        called: bool,
        **_: Any,
    ) -> None:
        rows = ProcessInstance.objects.filter(ended_at__isnull=False, parent_key__isnull=True)
        if instance:
            rows = ProcessInstance.objects.filter(key__in=instance)
        if process is not None:
            rows = rows.filter(process_id=process)
        if ended_before is not None:
            rows = rows.filter(ended_at__lt=ended_before)
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")  # all as of one moment
            keys = list(rows.order_by("key").values_list("key", flat=True))
            keys = deletion.called_by(keys) if called else keys
            missing = sorted(set(instance or ()) - set(keys))
            if missing:
                raise CommandError(f"Expected instances with the keys {missing}, found none.")
            written = archive.write(keys, into=file)
        self.stdout.write(f"Wrote {len(keys)} instances, {written.stat().st_size} bytes, to {written}.")

    def _verify(self, *, paths: list[Path], **_: Any) -> None:
        if not archive.verify_all(paths or [archive.folder()], tell=self.stdout.write):
            raise CommandError("Not all files are whole.")

    def _show(self, *, file: Path, instance: int, **_: Any) -> None:
        found = False
        try:
            for row in archive.read(file):
                if row.instance_key == instance:
                    found = True
                    self.stdout.write(row.text.decode())
        except archive.Damaged as error:
            raise CommandError(str(error)) from error
        if not found:
            raise CommandError(f"Expected instance {instance} in {file}, found none.")


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else timezone.make_aware(found)
