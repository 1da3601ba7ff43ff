from typing import get_args

from engine.runtime.effects import Effect
from engine.transition import carriers


def test_every_effect_of_the_core_is_carried_out() -> None:
    assert set(carriers.all_carried()) == set(get_args(Effect))
