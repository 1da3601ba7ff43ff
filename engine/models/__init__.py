"""These are the rows. Only `engine` itself touches them: pages and workers go through its commands and queries."""

from engine.models.batch_operation import (
    BatchItemStatus,
    BatchOperation,
    BatchOperationItem,
    BatchOperationStatus,
    BatchOperationType,
)
from engine.models.clock import TestClock
from engine.models.decision_instance import DecisionInstance
from engine.models.deployment import (
    DecisionDefinition,
    DecisionRequirements,
    Definition,
    DefinitionKind,
    DefinitionState,
    DeployedItem,
    Deployment,
    Form,
    ProcessDefinition,
    Resource,
    StartKind,
    StartOccurrence,
    StartSubscription,
)
from engine.models.draft import Draft, DraftKind, DraftVersion
from engine.models.idempotency_key import IdempotencyKey
from engine.models.incident import Incident, IncidentStatus
from engine.models.job import AttemptOutcome, Job, JobAttempt, JobKind, JobStatus, JobTypeSettings
from engine.models.journal import (
    ElementInstance,
    ElementStatus,
    FlowCount,
    JournalEntry,
    LargeValue,
    ProjectionWatermark,
    Variable,
)
from engine.models.message import Message, MessageCorrelated, MessageSubscription, SignalSubscription
from engine.models.process_instance import InstanceState, InstanceStatus, PendingInput, ProcessInstance
from engine.models.retention import RetentionSettings
from engine.models.timer import Timer
from engine.models.user_task import Comment, UserTask, UserTaskDraft, UserTaskStatus

__all__ = [
    "AttemptOutcome",
    "BatchItemStatus",
    "BatchOperation",
    "BatchOperationItem",
    "BatchOperationStatus",
    "BatchOperationType",
    "Comment",
    "DecisionDefinition",
    "DecisionInstance",
    "DecisionRequirements",
    "Definition",
    "DefinitionKind",
    "DefinitionState",
    "DeployedItem",
    "Deployment",
    "Draft",
    "DraftKind",
    "DraftVersion",
    "ElementInstance",
    "ElementStatus",
    "FlowCount",
    "Form",
    "IdempotencyKey",
    "Incident",
    "IncidentStatus",
    "InstanceState",
    "InstanceStatus",
    "Job",
    "JobAttempt",
    "JobKind",
    "JobStatus",
    "JobTypeSettings",
    "JournalEntry",
    "LargeValue",
    "Message",
    "MessageCorrelated",
    "MessageSubscription",
    "PendingInput",
    "ProcessDefinition",
    "ProcessInstance",
    "ProjectionWatermark",
    "Resource",
    "RetentionSettings",
    "SignalSubscription",
    "StartKind",
    "StartOccurrence",
    "StartSubscription",
    "TestClock",
    "Timer",
    "UserTask",
    "UserTaskDraft",
    "UserTaskStatus",
    "Variable",
]
