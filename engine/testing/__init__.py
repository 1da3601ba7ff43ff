"""Processes tested in memory: the real core, a clock that skips, jobs done by functions or by hand.

def test_an_order_is_shipped(engine: Engine) -> None:
    engine.deploy(Path("order.bpmn"))
    engine.on_job("pay", lambda variables: {"paid": True})
    order = engine.start("order", {"total": 10})
    engine.advance(timedelta(days=1))
    assert order.completed_elements[-1] == "shipped"

The fixture `engine` is in the pytest plugin `engine.testing.plugin`.
"""

from engine.testing.engine import Engine, InvalidDiagramError
from engine.testing.instance import Instance, ReplayDiffersError

__all__ = ["Engine", "Instance", "InvalidDiagramError", "ReplayDiffersError"]
