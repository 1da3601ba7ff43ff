"""The workers of a test do its jobs at once, and run its scripts."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import exact_json
from engine.handlers import BpmnError, Handler
from engine.runtime import effects as fx
from engine.runtime import inputs
from engine.testing import answers
from engine.testing.answers import JobFunction
from engine.testing.instance import Instance
from engine.testing.world import World


@dataclass(eq=False)
class Workers:
    """Workers do what can be done without a person: jobs that have a function, and scripts."""

    world: World
    functions: dict[str, JobFunction | Handler] = field(default_factory=dict)
    """What does the jobs, by job type."""
    _attempts: dict[int, int] = field(default_factory=dict)

    def run_one(self) -> bool:
        """Run the oldest script or job that can be run; False when there is none."""
        for instance in self.world.instances:
            failed = {incident.job for incident in instance.incidents}
            for effect in instance.open.values():
                if isinstance(effect, fx.RunScript):
                    self._run_script(instance, effect)
                    return True
                if isinstance(effect, fx.OpenJob) and effect.type in self.functions and effect.key not in failed:
                    self._run_job(instance, effect)
                    return True
        return False

    def _run_script(self, instance: Instance, effect: fx.RunScript) -> None:
        del instance.open[effect.key]
        self.world.give(instance, answers.of_script(effect, now=self.world.now))

    def _run_job(self, instance: Instance, job: fx.OpenJob) -> None:
        function = self.functions[job.type]
        attempt = self._attempts[job.key] = self._attempts.get(job.key, 0) + 1
        allowed = job.retries or (function.retries if isinstance(function, Handler) else 1)
        try:
            result = answers.of_function(function, instance, job, attempt)
        except BpmnError as error:
            del instance.open[job.key]
            answer: inputs.Input = inputs.JobErrorThrown(job.key, error.code, error.message, error.variables)
        except Exception as error:
            if attempt < allowed:
                return
            self._attempts[job.key] = 0
            answer = inputs.JobFailed(job.key, f"{type(error).__name__}: {error}")
        else:
            del instance.open[job.key]
            answer = inputs.JobCompleted(job.key, exact_json.checked_variables(dict(result or {})))
        self.world.give(instance, answer)
