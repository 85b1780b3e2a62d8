"""GOV.UK components by name, from govuk-frontend-jinja, with one environment for a process."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from jinja2 import Environment, PackageLoader, PrefixLoader, select_autoescape


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Made once: a new one for each component would be about 170 times slower.
    return Environment(
        # The macros import each other under this prefix.
        loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        autoescape=select_autoescape(["html"]),
    )


@lru_cache(maxsize=64)
def _macro(name: str) -> Callable[[Mapping[str, Any]], str]:
    template = _environment().get_template(f"govuk_frontend_jinja/components/{name}/macro.html")
    macro_name = "govuk" + "".join(part.title() for part in name.split("-"))
    macro: Callable[[Mapping[str, Any]], str] = getattr(template.module, macro_name)
    return macro


def component(name: str, params: Mapping[str, Any]) -> SafeString:
    """The HTML of one GOV.UK component.

    name    the component's folder name in govuk-frontend, such as "summary-list"
    params  its Nunjucks options under their own names ({"text": "Save"}); values under `html` go
            in as they are, so only ever give them HTML built by templates or `format_html`
    Raises jinja2.TemplateNotFound for a component that does not exist.
    """
    # The macro escapes `text` itself and has autoescape on, so its result is safe to put in a page.
    return mark_safe(_macro(name)(params))  # noqa: S308


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn template keywords into component options.

    Django's template tags cannot write nested dictionaries, so double underscores nest and single
    ones become camel case: `title__text="x", heading_level=2` → {"title": {"text": "x"},
    "headingLevel": 2}.
    """
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = [_camel(part) for part in key.split("__")]
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = value
    return tree


def _camel(word: str) -> str:
    head, *rest = word.split("_")
    return head + "".join(part.title() for part in rest)
