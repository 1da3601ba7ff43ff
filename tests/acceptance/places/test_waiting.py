import pytest

from tests.acceptance.places.matrix import World
from tests.acceptance.places.operations import WAITING, Operation

pytestmark = pytest.mark.timeout(1_800)


@pytest.mark.parametrize("operation", WAITING, ids=str)
def test_no_fault_at_any_place_changes_what_becomes_of_it(operation: Operation, world: World) -> None:
    world.check(operation)
