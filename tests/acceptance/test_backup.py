"""A backup made while everything runs, restored elsewhere: it goes on from there, and no key is given out twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.test_web_killed import PROCESS

pytestmark = pytest.mark.timeout(240)


class Caller:
    def __init__(self, installation: Installation) -> None:
        token = installation.manage("api_token", "admin").stdout.splitlines()[-1]
        self.http = httpx.Client(
            base_url=installation.address, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        response = self.http.post(path, json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

    def start(self) -> str:
        return str(self.post("/v2/process-instances", {"processDefinitionId": "signing"})["processInstanceKey"])

    def sign(self, instance: str) -> None:
        [task] = self.post("/v2/user-tasks/search", {"filter": {"processInstanceKey": instance, "state": "CREATED"}})[
            "items"
        ]
        self.post(f"/v2/user-tasks/{task['userTaskKey']}/completion", {})

    def state(self, instance: str) -> str:
        return str(self.http.get(f"/v2/process-instances/{instance}").json()["state"])


def test_a_backup_of_a_running_installation_is_restored_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "stepwell.backup"
    with Installation(tmp_path / "first") as first:
        first.start()
        with Caller(first) as before:
            deployed = before.http.post("/v2/deployments", files={"resources": ("signing.bpmn", PROCESS.encode())})
            assert deployed.status_code == 200, deployed.text
            signed, waiting = before.start(), before.start()
            before.sign(signed)
            made = first.manage("backup", str(file))
            assert (made.returncode, file.stat().st_mode & 0o777) == (0, 0o600), made.stderr
            before.sign(waiting)  # after the backup: not in it
            lost = before.start()
            healthy = first.manage("doctor")
            assert healthy.returncode == 0, healthy.stdout
            assert "running instances replay to their stored state" in healthy.stdout
            refused = first.manage("restore", str(file))
            assert refused.returncode != 0
            assert "Expected an empty database" in refused.stderr
        assert first.stop() == 0

    with Installation(tmp_path / "second") as second:
        restored = second.manage("restore", str(file))
        assert restored.returncode == 0, restored.stderr
        second.start()
        with Caller(second) as after:
            assert (after.state(signed), after.state(waiting)) == ("COMPLETED", "ACTIVE")
            assert after.http.get(f"/v2/process-instances/{lost}").status_code == 404
            after.sign(waiting)
            assert after.state(waiting) == "COMPLETED"
            assert int(after.start()) > int(lost)
            healthy = second.manage("doctor")
            assert healthy.returncode == 0, healthy.stdout
        assert second.stop() == 0


def test_a_file_that_is_no_backup_is_refused_and_leaves_an_empty_database(tmp_path: Path) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8 not a backup")
    installation = Installation(tmp_path / "data")
    refused = installation.manage("restore", str(file))
    assert refused.returncode != 0
    assert "pg_restore failed" in refused.stderr
    missing = installation.manage("restore", str(tmp_path / "nothing"))
    assert "found no file" in missing.stderr
