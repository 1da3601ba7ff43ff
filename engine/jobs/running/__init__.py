"""Our own workers run jobs with the handlers of this installation.

The handler runs outside of any transaction. While it runs, a thread renews the lease, up to the handler's timeout: a process
that dies loses its jobs within one lease, and one that hangs within its timeout.
"""

from engine.jobs.running.draining import end_soon, run

__all__ = ["end_soon", "run"]
