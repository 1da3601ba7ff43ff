"""The worker of the guide, as a program of its own, against a running installation."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.acceptance.installation import Installation
from tests.engine.worlds import END, START, diagram, service
from tests.guides import write_listings

pytestmark = pytest.mark.timeout(300)


def test_the_worker_of_the_guide_does_a_job_and_fails_another(tmp_path: Path) -> None:
    [worker] = write_listings("write-an-external-worker", tmp_path)
    with Installation(tmp_path / "data") as it:
        it.start()
        token = it.manage("api_token", "admin").stdout.strip().splitlines()[-1]
        with httpx.Client(base_url=it.address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as api:
            file = diagram("letters", START, service("do", "translate", retries=2), END, flows="start>do do>end")
            assert api.post("/v2/deployments", files={"resources": ("letters.bpmn", file)}).status_code == 200
            good, bad = (
                api.post(
                    "/v2/process-instances", json={"processDefinitionId": "letters", "variables": {"text": text}}
                ).json()["processInstanceKey"]
                for text in ("hello world", "hello moon")
            )
            subprocess.run(
                [sys.executable, str(worker)],
                env=os.environ | {"STEPWELL": it.address, "TOKEN": token, "ROUNDS": "1"},
                check=True,
                timeout=60,
            )
            assert api.get(f"/v2/process-instances/{good}").json()["state"] == "COMPLETED"
            [translation] = api.post(
                "/v2/variables/search", json={"filter": {"processInstanceKey": good, "name": "translation"}}
            ).json()["items"]
            assert translation["value"] == '"bonjour monde"'
            [job] = api.post("/v2/jobs/search", json={"filter": {"processInstanceKey": bad}}).json()["items"]
            assert (job["retries"], job["errorMessage"]) == (1, "Unknown word 'moon'")
        it.stop()
