"""Whatever a family, a school and a council do in whatever order: what must hold does.

`WALKS=10000 ./onroll test tests/legal/test_walks.py` takes ten thousand walks.
"""

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.legal import walks

WALKS = int(os.environ.get("WALKS", "12"))
STEPS = 40
# A run that never came so far would show nothing.
OFTEN = {"issue a notice", "begin a request", "pay", "open a case", "serve a notice"}


def test_what_must_hold_does_after_every_step(cast):
    class OneWalk(walks.Walk):
        begin_at = staticmethod(lambda: walks.home(cast))

    run_state_machine_as_test(
        OneWalk,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert set(OneWalk.done) >= OFTEN, sorted(OneWalk.done)
