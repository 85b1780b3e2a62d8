from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class Letters(AppConfig):
    name = "letters"

    def ready(self) -> None:
        """Have every pack's wording checked against the catalogue before it is adopted."""
        from authorities import packs

        packs.CHECKS.append(wording_problems)


def wording_problems(pack: Any) -> Iterator[str]:
    """What is wrong with a pack's worded letters, naming file and line."""
    from letters import lint
    from letters.catalogue import KINDS

    for number, letter in enumerate(pack.letters, start=1):
        if letter.wording is None:
            continue
        where = f"{pack.name}/{letter.wording}"
        if letter.kind not in KINDS:
            yield (
                f"{pack.name}/pack.toml: letters[{number}].kind is '{letter.kind}'. "
                f"Expected: one of {', '.join(sorted(KINDS))}."
            )
            continue
        for problem in lint.problems(pack.wordings[letter.key], KINDS[letter.kind]):
            yield f"{where}: {problem}"
