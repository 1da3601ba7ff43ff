"""Which of those who wait may get a message."""

from __future__ import annotations

from engine.runtime.correlating import Addressed, Awaiting, receivers

ALONG = Addressed("paid", "7", "shop", "wait")
"""A message along a message flow, with a key."""


def waits(
    instance: int, key: str = "", *, flow_end: bool = True, process: str = "shop", element: str = "wait"
) -> Awaiting:
    return Awaiting(100 * instance, instance, process, element, "paid", key, flow_end)


def test_a_message_is_for_all_who_wait_with_its_name_and_key() -> None:
    message = Addressed("paid", "7")
    both = [waits(1, "7"), waits(2, "7", process="other", element="there", flow_end=False)]
    assert receivers(message, [*both, waits(3, "8"), waits(4)]) == both
    assert receivers(Addressed("sent", "7"), both) == []


def test_a_message_along_a_flow_is_for_its_end_alone() -> None:
    assert receivers(ALONG, [waits(1, "7", element="elsewhere"), waits(2, "7", process="other")]) == []
    assert receivers(Addressed("paid", "7", "shop"), [waits(1, "7", element="elsewhere")]) != []


def test_along_a_flow_a_key_that_one_side_alone_knows_is_enough_for_one_instance() -> None:
    alone = [waits(1), waits(1)]
    assert receivers(ALONG, alone) == alone
    assert receivers(Addressed("paid", "", "shop", "wait"), [waits(1, "8")]) != []
    assert receivers(Addressed("paid", "7"), alone) == [], "not without a flow"
    assert receivers(ALONG, [waits(1, flow_end=False)]) == [], "not where no flow ends"


def test_who_is_in_doubt_gets_nothing_and_who_has_the_key_leaves_none() -> None:
    assert receivers(ALONG, [waits(1), waits(2)]) == []
    assert receivers(ALONG, [waits(1), waits(2, "8")]) == [waits(1)], "another key is for another message"
    assert receivers(ALONG, [waits(1), waits(2, "7")]) == [waits(2, "7")]
