"""Process packages are imported each by itself: what is wrong with one is said loudly, and never done by another's function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from engine import handlers, instances
from engine.deployments import ResourceFile, validate
from engine.errors import DeploymentRejected
from engine.handlers import JobContext, declaring, registry
from engine.jobs import running
from engine.models import Job, JobStatus, ProcessInstance
from engine.upkeep import doctor
from engine.upkeep.doctor import Level
from tests.engine.worlds import ALICE, END, START, WORK, assert_all_sound, deploy, diagram, service

Packages = Callable[..., None]
JOB = JobContext(key=7, type="t", attempt=1, instance_key=1, process_id="p", element_id="e", headers={})
HEAD = "from stepwell import handler\n"
ECHO = HEAD + "@handler('{type}')\ndef work() -> dict[str, str]:\n    return {{'by': '{name}'}}\n"


@pytest.fixture
def packages(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    """Write packages: name, file, text."""
    settings.PROCESSES_DIR = tmp_path
    monkeypatch.setattr(declaring, "declared", {})
    monkeypatch.setattr(registry, "_faults", registry.Faults())
    registry._discovered.clear()

    def write(**files: dict[str, str]) -> None:
        for name, contents in files.items():
            for file, text in contents.items():
                (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name / file).write_text(text)

    yield write
    registry._discovered.clear()


def result(job_type: str) -> object:
    return handlers.call(handlers.by_type()[job_type], {}, JOB)


def two_with_one_type(packages: Packages) -> None:
    both = ECHO.format(type="test-work", name="first")
    packages(
        first={"handlers.py": both + "@handler('mine')\ndef mine(): return {'by': 'first'}\n"},
        second={
            "handlers.py": ECHO.format(type="test-work", name="second") + "@handler('ours')\ndef ours(): return {}\n"
        },
    )


def test_a_type_of_two_packages_is_neither_s_and_all_others_are_kept(packages: Packages) -> None:
    two_with_one_type(packages)
    assert set(handlers.by_type()) == {"mine", "ours"}
    text = str(handlers.faults().contested["test-work"])
    assert "stepwell_processes.first.handlers.work and stepwell_processes.second.handlers.work" in text


@pytest.mark.django_db
def test_a_contested_type_is_refused_at_start_and_in_readiness_naming_both(packages: Packages, client: Client) -> None:
    two_with_one_type(packages)
    with pytest.raises(CommandError, match=r"first.*second"):
        call_command("prepare", stdout=StringIO())
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert b"processes.first" in answer.content
    assert b"processes.second" in answer.content
    [finding] = [each for each in doctor.examine(replays=0) if each.area == "packages"]
    assert (finding.level, "first" in finding.text, "second" in finding.text) == (Level.PROBLEM, True, True)


LISTENED = diagram(
    "listened",
    START,
    '<bpmn:task id="do"><bpmn:extensionElements><zeebe:executionListeners><zeebe:executionListener eventType="start"'
    ' type="test-work"/></zeebe:executionListeners></bpmn:extensionElements></bpmn:task>',
    END,
    flows="start>do do>end",
)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [WORK, LISTENED], ids=["task", "listener"])
def test_a_process_that_uses_a_contested_type_is_not_deployed(packages: Packages, content: bytes) -> None:
    two_with_one_type(packages)
    with pytest.raises(DeploymentRejected) as caught:
        deploy(content)
    [problem] = [each for each in caught.value.problems["file0.bpmn"] if each.code == "job-type-contested"]
    assert (problem.element_id, "first" in problem.message, "second" in problem.message) == ("do", True, True)
    deploy(diagram("other", START, service("do", "mine"), END, flows="start>do do>end"))


@pytest.mark.django_db
def test_a_running_job_of_a_contested_type_waits_and_is_done_when_one_has_given_it_up(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(WORK)
    instances.start("work", by=ALICE)
    two_with_one_type(packages)
    registry._discovered.clear()
    job = Job.objects.get()
    running.run("stepwell", job.key)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.CREATED, 0)

    (tmp_path / "first" / "handlers.py").unlink()
    monkeypatch.setattr(declaring, "declared", {})
    registry._discovered.clear()
    running.run("stepwell", job.key)
    assert ProcessInstance.objects.get().status == "COMPLETED"
    assert_all_sound()


BROKEN = ECHO.format(type="test-work", name="broken") + "raise RuntimeError('no licence')\n"


@pytest.mark.django_db
def test_a_package_that_cannot_be_imported_fails_alone_and_its_jobs_wait(packages: Packages, client: Client) -> None:
    packages(broken={"handlers.py": BROKEN}, good={"handlers.py": ECHO.format(type="good", name="good")})
    assert set(handlers.by_type()) == {"good"}
    output = StringIO()
    call_command("prepare", stdout=output)
    assert "WARNING: The process package 'broken' cannot be imported: RuntimeError: no licence" in output.getvalue()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\nthe process package 'broken' cannot be imported\n")
    [finding] = [each for each in doctor.examine(replays=0) if each.area == "packages"]
    assert "jobs of its types wait: test-work" in finding.text

    [problem] = validate([ResourceFile("work.bpmn", WORK)])["work.bpmn"]
    assert (problem.code, problem.element_id) == ("job-type-unusable", "do")
    deploy(WORK)
    instances.start("work", by=ALICE)
    job = Job.objects.get()
    running.run("stepwell", job.key)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.CREATED, 0)


@pytest.mark.parametrize(
    "text",
    [
        BROKEN,
        HEAD + "@handler('test-work')\ndef work(:\n",
        "import nothing_like_it\n" + BROKEN,
        "import sys\nsys.exit(3)\n" + BROKEN,
    ],
    ids=["later", "syntax", "earlier", "exit"],
)
def test_the_types_of_a_package_that_cannot_be_imported_are_nobody_else_s(packages: Packages, text: str) -> None:
    packages(broken={"handlers.py": text}, other={"handlers.py": ECHO.format(type="test-work", name="other")})
    assert "test-work" not in handlers.by_type()
    assert [each.name for each in handlers.faults().broken] == ["broken"]
    assert "other" in str(handlers.faults().contested["test-work"])


def test_modules_beside_the_handlers_are_imported_as_of_a_script_and_as_of_a_package(packages: Packages) -> None:
    packages(
        shop={
            "handlers.py": HEAD
            + "from prices import PRICE\nfrom . import rates\nimport deep.inner\nimport json\n"
            + "@handler('shop')\ndef work():\n    import late\n"
            + "    return {'found': [PRICE, rates.RATE, deep.inner.X, late.Y, json.dumps(1)]}\n",
            "prices.py": "PRICE = 7\n",
            "rates.py": "from prices import PRICE\nRATE = PRICE + 1\n",
            "late.py": "Y = 4\n",
            "json.py": "raise RuntimeError('the standard library is not hidden')\n",
            "deep/__init__.py": "",
            "deep/inner.py": "from prices import PRICE\nX = PRICE * 10\n",
        },
        bakery={
            "__init__.py": "KIND = 'bread'\n",
            "handlers.py": HEAD
            + "import prices\nfrom . import KIND\n@handler('bakery')\ndef work(): return {'found': [prices.PRICE, KIND]}\n",
            "prices.py": "PRICE = 2\n",
        },
    )
    assert handlers.by_type().keys() >= {"shop", "bakery"}, handlers.faults()
    assert result("shop") == {"found": [7, 8, 70, 4, "1"]}
    assert result("bakery") == {"found": [2, "bread"]}


def test_a_handler_in_a_module_beside_is_the_package_s(packages: Packages) -> None:
    packages(
        shop={"handlers.py": "import more\n", "more.py": ECHO.format(type="beside", name="shop")},
        other={"handlers.py": ECHO.format(type="beside", name="other")},
    )
    handlers.by_type()
    assert "stepwell_processes.shop.more.work" in str(handlers.faults().contested["beside"])


def test_a_folder_may_have_any_name(packages: Packages) -> None:
    packages(**{"my-orders.v2": {"handlers.py": ECHO.format(type="named", name="x")}})
    assert result("named") == {"by": "x"}


def test_the_testing_kit_gives_a_package_its_own_handlers_whatever_others_have(
    packages: Packages, tmp_path: Path
) -> None:
    two_with_one_type(packages)
    for name in ("first", "second"):
        [found] = [h for h in handlers.declared_in(tmp_path / name / "handlers.py").values() if h.type == "test-work"]
        assert handlers.call(found, {}, JOB) == {"by": name}
