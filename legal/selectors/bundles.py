"""The bundles of a prosecution as its page shows them."""

from typing import Any

from authorities.models import JobState
from legal.models import BundleFile, CourtBundle, Prosecution


def bundles_of(prosecution: Prosecution) -> list[CourtBundle]:
    """Every bundle of a prosecution, the newest first, each with its files but not their bytes."""
    rows = CourtBundle.objects.filter(prosecution=prosecution).select_related("asked_by", "job")
    found = list(rows.order_by("-pk"))
    files = BundleFile.objects.filter(bundle__in=found).defer("pdf").order_by("-part")
    by_bundle: dict[int, list[BundleFile]] = {}
    for file in files:
        by_bundle.setdefault(file.bundle_id, []).append(file)
    for row in found:
        row.kept = by_bundle.get(row.pk, [])  # type: ignore[attr-defined]
    return found


def changed_since(bundle: CourtBundle, prosecution: Prosecution) -> str:
    """Why a bundle that was made is out of date, in a sentence; "" while it stands."""
    if bundle.made_at is None:
        return ""
    if bundle.review:
        return bundle.review
    if bundle.version != prosecution.version:
        return "The prosecution has gone on since this was made."
    return ""


def state_of(bundle: CourtBundle, prosecution: Prosecution) -> dict[str, Any]:
    """Where a bundle stands, as a tag."""
    if bundle.made_at is not None:
        old = changed_since(bundle, prosecution)
        return (
            {"text": "Out of date", "colour": "orange"}
            if old
            else {"text": "Made", "colour": "green"}
        )
    if bundle.job is not None and bundle.job.state in (JobState.FAILED, JobState.CANCELLED):
        return {"text": "Not made", "colour": "red"}
    return {"text": "Being made", "colour": "blue"}
