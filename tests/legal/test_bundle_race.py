"""The button pressed at the same moment, over real connections: one bundle, one piece of work."""

import threading

from django.db import connection

from authorities.models import Job
from authorities.tenancy import scope
from legal.models import CourtBundle
from tests.legal.bundle_scenes import light

PRESSES = 6


def test_many_presses_at_once_make_one(live_cast):
    ids = [live_cast.northmoor.pk]
    with scope(ids):
        scene = light(live_cast)
    together = threading.Barrier(PRESSES)
    asked: list[int] = []

    def press() -> None:
        try:
            with scope(ids):
                reach = scene.legal
                together.wait()
                asked.append(scene.ask(reach=reach).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(PRESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with scope(ids):
        assert len(asked) == PRESSES
        assert set(asked) == set(CourtBundle.objects.values_list("pk", flat=True))
        assert CourtBundle.objects.count() == 1
        assert Job.objects.filter(kind="legal.make_bundle").count() == 1
