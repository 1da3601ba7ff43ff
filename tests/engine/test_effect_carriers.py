from typing import get_args

from engine import effect_carriers
from engine.runtime.effects import Effect


def test_every_effect_of_the_core_is_carried_out() -> None:
    assert set(effect_carriers.all_carried()) == set(get_args(Effect))
