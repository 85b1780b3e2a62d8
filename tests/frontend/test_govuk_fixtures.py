"""The packages that write our markup and our style sheets must speak of the same version."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from frontend.govuk import component, nested

FIXTURES = json.loads(
    (Path(__file__).parent / "fixtures" / "govuk-frontend-6.3.0.json").read_text()
)["components"]
CASES = [
    pytest.param(name, fixture, id=f"{name}: {fixture['name']}")
    for name, fixtures in FIXTURES.items()
    for fixture in fixtures
]


class Tree(HTMLParser):
    """What a browser would see: tags with their attributes in order, and words without padding."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append(
            (tag, sorted((key, " ".join((value or "").split())) for key, value in attrs))
        )

    def handle_endtag(self, tag):
        self.seen.append(f"/{tag}")

    def handle_data(self, data):
        if data.strip():
            self.seen.append(" ".join(data.split()))


@pytest.mark.parametrize(("name", "fixture"), CASES)
def test_a_component_is_written_as_govuk_frontend_writes_it(name, fixture):
    assert Tree(component(name, fixture["options"])).seen == Tree(fixture["html"]).seen


def test_text_is_escaped():
    assert "<b>" not in component("button", {"text": "<b>Save</b>"})


def test_keywords_nest_at_double_underscores_and_become_camel_case():
    assert nested({"title__text": "Sent", "heading_level": 2}) == {
        "title": {"text": "Sent"},
        "headingLevel": 2,
    }
