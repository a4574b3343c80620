"""How long an owned model is up without a live run at the most, fault by fault (rule 10)."""

from __future__ import annotations

import pytest

from tests.exploration import searches
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import TICK
from tests.exploration.searches import run


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        pytest.param((), 0, id="no fault"),
        pytest.param(("abort",), 180, id="owner dead"),
        pytest.param(("silence",), 120, id="owner silent, from the end of its lease"),
        pytest.param(("crash",), 120, id="StopModel given up"),
        pytest.param(("abort", "late guard"), 210, id="guard late"),
        pytest.param(("abort", "guard crash"), 360, id="guard dies while it holds the lease"),
        pytest.param(("abort", "refused Stop"), 240, id="Stop throttled"),
    ],
)
def test_a_model_without_a_run_is_up_no_longer_than_this(
    faults: tuple[str, ...], seconds: int
) -> None:
    found = run(searches.control(Setup(faults=faults)))
    assert found.max_overrun * TICK == seconds
