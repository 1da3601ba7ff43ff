"""Deploying: wholly or not at all, and nothing new when nothing has changed."""

import pytest
from django.core.management import CommandError, call_command

from engine import deployments, instances, jobs
from engine.actors import MODELERS, Actor
from engine.definitions import files
from engine.deployments import ResourceFile
from engine.errors import Conflict, DeploymentRejected, InvalidArgument, NotFound, PermissionDenied
from engine.models import DeployedItem, Deployment, Form, InstanceStatus, ProcessDefinition, Resource
from engine.queries.instances import process_instances
from tests.engine.worlds import (
    ADMIN,
    ALICE,
    END,
    REVIEW,
    START,
    WORK,
    WORKER,
    assert_all_replay,
    assert_all_sound,
    diagram,
    service,
    user,
)

pytestmark = pytest.mark.django_db

FORM = b'{"id":"order","components":[{"type":"textfield","key":"a"}]}'
BOUND = diagram(
    "bound",
    START,
    user("check", more='<zeebe:formDefinition formId="order" bindingType="deployment"/>'),
    END,
    flows="start>check check>end",
)


def deploy(**files: bytes) -> deployments.Deployed:
    resources = [ResourceFile(name.replace("_", "."), content) for name, content in files.items()]
    return deployments.deploy(resources, by=ADMIN)


def test_a_bundle_brings_versions_and_keeps_its_files_byte_for_byte() -> None:
    deployed = deploy(review_bpmn=REVIEW, order_form=FORM)
    assert deployed.is_new
    assert {(kind, definition.version) for kind, definition in deployed.items} == {("PROCESS", 1), ("FORM", 1)}
    assert bytes(Resource.objects.get(name="review.bpmn").content) == REVIEW
    definition = ProcessDefinition.objects.get()
    assert (definition.process_id, definition.name, definition.has_none_start_event) == ("review", "Review", True)
    assert Form.objects.get().schema["components"][0]["key"] == "a"


def test_the_same_content_again_is_no_new_version_and_no_new_deployment() -> None:
    first = deploy(review_bpmn=REVIEW, order_form=FORM)
    second = deploy(review_bpmn=REVIEW, order_form=FORM)
    assert not second.is_new
    assert second.deployment.key == first.deployment.key
    assert (Deployment.objects.count(), ProcessDefinition.objects.count()) == (1, 1)


def test_of_a_bundle_only_what_has_changed_gets_a_new_version() -> None:
    deploy(review_bpmn=REVIEW, work_bpmn=WORK)
    deployed = deploy(review_bpmn=REVIEW, work_bpmn=WORK.replace(b"test-work", b"other-work"))
    versions = {definition.process_id: definition.version for _, definition in deployed.items}  # type: ignore[attr-defined]
    assert versions == {"review": 1, "work": 2}
    assert DeployedItem.objects.filter(is_new=False).count() == 1


def test_an_old_content_that_comes_again_after_a_newer_one_is_a_new_version() -> None:
    deploy(review_bpmn=REVIEW)
    deploy(review_bpmn=REVIEW.replace(b'name="Review"', b'name="Other"'))
    assert deploy(review_bpmn=REVIEW).items[0][1].version == 3


def test_a_process_that_binds_to_its_deployment_is_renewed_with_what_it_binds_to() -> None:
    deploy(bound_bpmn=BOUND, order_form=FORM)
    changed = FORM.replace(b'"a"', b'"b"')
    deploy(bound_bpmn=BOUND, order_form=changed)
    assert ProcessDefinition.objects.count() == 2
    again = deploy(bound_bpmn=BOUND, order_form=changed)
    assert not again.is_new


def test_one_wrong_file_stops_the_whole_bundle_and_every_problem_is_told() -> None:
    with pytest.raises(DeploymentRejected) as caught:
        deploy(review_bpmn=REVIEW, broken_bpmn=b"<nonsense", wrong_form=b"[]", notes_txt=b"", work_dmn=b"<x/>")
    problems = caught.value.problems
    assert problems["review.bpmn"] == ()
    assert {name for name, found in problems.items() if found} == {"broken.bpmn", "wrong.form", "notes.txt", "work.dmn"}
    assert not Deployment.objects.exists()
    assert not ProcessDefinition.objects.exists()


def test_two_files_of_a_bundle_cannot_define_one_process() -> None:
    with pytest.raises(DeploymentRejected, match="'review' once"):
        deploy(one_bpmn=REVIEW, two_bpmn=REVIEW + b"\n")


def test_a_file_without_an_executable_process_is_refused() -> None:
    with pytest.raises(DeploymentRejected, match="isExecutable"):
        deploy(review_bpmn=REVIEW.replace(b'isExecutable="true"', b'isExecutable="false"'))


def test_validation_writes_nothing() -> None:
    problems = deployments.validate([ResourceFile("review.bpmn", REVIEW), ResourceFile("x.bpmn", b"<")])
    assert problems["review.bpmn"] == ()
    assert problems["x.bpmn"]
    assert not Deployment.objects.exists()


def test_hostile_files_are_refused_with_a_message() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    outside = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    for content in (bomb, outside, b"\xff\xfe\x00", b"", b"x" * (files.MAX_RESOURCE + 1)):
        for ending in ("bpmn", "dmn", "form"):
            with pytest.raises(DeploymentRejected):
                deployments.deploy([ResourceFile(f"a.{ending}", content)], by=ADMIN)
    with pytest.raises(InvalidArgument):
        deployments.deploy([], by=ADMIN)
    with pytest.raises(DeploymentRejected):
        deployments.deploy([ResourceFile("a\x00.bpmn", REVIEW)], by=ADMIN)


def test_modelers_deploy_and_others_do_not() -> None:
    files = [ResourceFile("review.bpmn", REVIEW)]
    with pytest.raises(PermissionDenied):
        deployments.deploy(files, by=ALICE)
    assert deployments.deploy(files, by=Actor("mia", groups=frozenset({MODELERS}))).is_new


def test_a_version_with_running_instances_is_not_deleted_and_without_them_it_starts_none() -> None:
    deploy(review_bpmn=REVIEW)
    key = ProcessDefinition.objects.get().key
    running = instances.start("review", by=ALICE)
    with pytest.raises(Conflict, match="found 1"):
        deployments.delete_process(key, by=ADMIN)
    instances.cancel(running.key, by=ADMIN)
    deployments.delete_process(key, by=ADMIN)
    with pytest.raises(NotFound):
        instances.start("review", by=ALICE)
    assert deploy(review_bpmn=REVIEW).items[0][1].version == 2


def test_the_packages_of_a_folder_are_deployed_each_as_a_bundle(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    for name, content in {"good": REVIEW, "bad": b"<"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.bpmn").write_bytes(content)
    with pytest.raises(CommandError, match="bad"):
        call_command("deploy_processes", str(tmp_path))
    assert "Deployed good: 1 files" in capsys.readouterr().out
    assert Resource.objects.get().name == "good/good.bpmn"


DEPARTURES = {
    "flow-id-missing": diagram("away", START, service("work", "job"), END, flows="start>work work>end").replace(
        b'id="f1" ', b""
    ),
    "mapping-source-missing": diagram(
        "away",
        START,
        service("work", "job").replace(
            "</bpmn:extensionElements>",
            '<zeebe:ioMapping><zeebe:input target="a"/></zeebe:ioMapping></bpmn:extensionElements>',
        ),
        END,
        flows="start>work work>end",
    ),
    "message-unnamed": diagram(
        "away",
        START,
        '<bpmn:endEvent id="work"><bpmn:extensionElements><zeebe:taskDefinition type="job"/></bpmn:extensionElements>'
        "<bpmn:messageEventDefinition/></bpmn:endEvent>",
        flows="start>work",
    ),
    "namespace-invalid": diagram("away", START, service("work", "job"), END, flows="start>work work>end").replace(
        b'"http://camunda.org/schema/zeebe/1.0"', b'" http://camunda.org/schema/zeebe/1.0"'
    ),
}


@pytest.mark.parametrize("code", DEPARTURES)
def test_a_harmless_departure_is_a_warning_and_the_file_stays_as_it_is(code: str) -> None:
    content = DEPARTURES[code]
    deployed = deploy(away_bpmn=content)
    assert [problem.code for problem in deployed.warnings["away.bpmn"]] == [code]
    assert bytes(Resource.objects.get().content) == content
    key = instances.start("away", variables={"a": 1}, by=ALICE).key
    [activated] = jobs.activate("job", worker="w", max_jobs=1, lease=30, by=WORKER)
    jobs.complete(activated.job.key, by=WORKER)
    assert instances.require(key).status == InstanceStatus.COMPLETED
    taken = process_instances.sequence_flows(key, by=ADMIN)
    assert ("work->end" in {flow.element_id for flow in taken}) is (code == "flow-id-missing")
    assert_all_sound()
    assert_all_replay()
