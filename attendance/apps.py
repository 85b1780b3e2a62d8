from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class Attendance(AppConfig):
    name = "attendance"

    def ready(self) -> None:
        """Have every pack's flags checked against those of a record before it is adopted."""
        from authorities import packs

        packs.CHECKS.append(flag_problems)


def flag_problems(pack: Any) -> Iterator[str]:
    """Flags that a pack asks about and that no pupil's record can have, in sentences."""
    from attendance.models import Flag

    known = sorted(flag.name.lower() for flag in Flag)
    for number, one in enumerate(pack.considerations, start=1):
        for flag in one.flags:
            if flag not in known:
                yield (
                    f"policies/{pack.name}: considerations[{number}].flags is '{flag}', which is "
                    f"no flag of a pupil's record. Expected: one of {', '.join(known)}."
                )
