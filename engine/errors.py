"""The caller made a mistake: each error says what was expected, where, and what to do. `webapp` maps each class to one HTTP status. A
BPMN error and a technical failure are not here: the first is an input of the instance, the second an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.bpmn.model import Problem


class EngineError(Exception):
    """Everything that a command may raise for its caller is derived from this class."""

    title = "The request could not be carried out"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidArgument(EngineError):  # noqa: N818
    """The request itself is wrong, whatever the state (HTTP 400)."""

    title = "Invalid argument"


class PermissionDenied(EngineError):  # noqa: N818
    """The actor may not do this (HTTP 403)."""

    title = "Permission denied"


class NotFound(EngineError):  # noqa: N818
    """There is no such thing, or the actor may not know of it (HTTP 404)."""

    title = "Not found"


class Conflict(EngineError):  # noqa: N818
    """The thing exists and its state forbids this now; a late or second answer gets this too (HTTP 409)."""

    title = "Conflict"


class PayloadTooLarge(EngineError):  # noqa: N818
    """A document is larger than the engine takes (HTTP 413)."""

    title = "Payload too large"


class DeploymentRejected(EngineError):  # noqa: N818
    """A bundle has errors, so nothing of it was deployed (HTTP 400). `problems` holds errors and warnings by resource name."""

    title = "The deployment has problems"

    def __init__(self, problems: dict[str, tuple[Problem, ...]]) -> None:
        self.problems = problems
        first = next(
            (
                f"{name}: {problem.message} [{problem.code}]"
                for name, found in problems.items()
                for problem in found
                if problem.severity == "error"
            ),
            "no resources",
        )
        count = sum(len(found) for found in problems.values())
        more = f" (and {count - 1} more)" if count > 1 else ""
        super().__init__(f"Expected resources without errors. {first}{more}")


class Unavailable(EngineError):  # noqa: N818
    """A part that this needs cannot work now; trying again later may help (HTTP 503)."""

    title = "Unavailable"
