"""Processes are tested in memory here: with the real core, a clock that skips, and jobs done by functions or by hand.

def test_an_order_is_shipped(process_engine: Engine) -> None:
    process_engine.deploy(Path("order.bpmn"))
    process_engine.on_job("pay", lambda variables: {"paid": True})
    order = process_engine.start("order", {"total": 10})
    process_engine.advance(timedelta(days=1))
    assert order.completed_elements[-1] == "shipped"

The fixture `process_engine` is in `stepwell.pytest_plugin`.
"""

from engine.testing.engine import Engine, InvalidDiagramError
from engine.testing.instance import Instance, ReplayDiffersError

__all__ = ["Engine", "Instance", "InvalidDiagramError", "ReplayDiffersError"]
