"""`manage.py deploy_processes` deploys each process package of the folder as one bundle; what is unchanged stays."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from engine.actors import ENGINE
from engine.deployments import ResourceFile, deploy
from engine.errors import DeploymentRejected

_ENDINGS = (".bpmn", ".dmn", ".form")


class Command(BaseCommand):
    help = "Deploy the process packages: every folder with .bpmn, .dmn and .form files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", default=None, help="of the packages (default: STEPWELL_PROCESSES)")

    def handle(self, *_: Any, folder: str | None, **__: Any) -> None:
        root = Path(folder) if folder else Path(settings.PROCESSES_DIR)
        rejected = [package.name for package in sorted(root.glob("*/")) if not self._deploy(package)]
        if rejected:
            raise CommandError(f"Expected packages without errors; not deployed: {', '.join(rejected)}.")

    def _deploy(self, package: Path) -> bool:
        files = sorted(file for file in package.rglob("*") if file.suffix in _ENDINGS)
        if not files:
            return True
        resources = [ResourceFile(f"{package.name}/{file.relative_to(package)}", file.read_bytes()) for file in files]
        try:
            deployed = deploy(resources, by=ENGINE)
        except DeploymentRejected as error:
            for name, problems in error.problems.items():
                for problem in problems:
                    self.stderr.write(f"{name}: line {problem.line or '?'}: {problem.message} [{problem.code}]")
            return False
        if deployed.is_new:
            self.stdout.write(f"Deployed {package.name}: {len(resources)} files.")
        return True
