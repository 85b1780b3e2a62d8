"""The form renderer: every form, third-party ones too, comes out as GOV.UK markup."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.widgets import Widget

from frontend.fields import PARTS, DateInput

# In this order: CheckboxSelectMultiple is a RadioSelect, and PasswordInput an Input.
KINDS: tuple[tuple[type[Widget], str], ...] = (
    (forms.HiddenInput, "hidden"),
    (forms.MultipleHiddenInput, "hidden"),
    (DateInput, "date"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
    (forms.PasswordInput, "password"),
)
VERBS = {"radios": "Select", "checkboxes": "Select", "select": "Select", "file": "Choose"}
GROUPED = {"date", "checkboxes", "radios"}
CSS = {
    "date": "govuk-input govuk-date-input__input",
    "checkboxes": "govuk-checkboxes__input",
    "checkbox": "govuk-checkboxes__input",
    "radios": "govuk-radios__input",
    "select": "govuk-select",
    "textarea": "govuk-textarea govuk-js-character-count",
    "file": "govuk-file-upload",
    "password": "govuk-input govuk-password-input__input govuk-js-password-input-input",
    "input": "govuk-input",
}
ERROR_CSS = {
    "select": "govuk-select--error",
    "textarea": "govuk-textarea--error",
    "file": "govuk-file-upload--error",
    "password": "govuk-input--error",
    "input": "govuk-input--error",
}


class GovukBoundField(BoundField):
    """A field as the templates in `templates/forms/` want it.

    A form may add `looks`, a dictionary of field name → how it looks:
      page_heading  True: the label or legend is the page's h1
      size          label or legend size: "s", "m", "l"
      inline        True: radios side by side
      small         True: small radios or checkboxes
      prefix, suffix  beside a text input ("£", "%")
      hints         choice value → hint under that choice
      reveals       choice value → name of the field shown under it while it is chosen, by style
                    alone: the browser sends it either way, so the form decides whether it counts
    """

    @property
    def kind(self) -> str:
        widget = self.field.widget
        return next((kind for known, kind in KINDS if isinstance(widget, known)), "input")

    @property
    def look(self) -> dict[str, Any]:
        looks: dict[str, Any] = getattr(self.form, "looks", {}).get(self.name, {})
        return looks

    @property
    def hint_id(self) -> str:
        return f"{self.auto_id}-hint"

    @property
    def error_id(self) -> str:
        return f"{self.auto_id}-error"

    @property
    def counted(self) -> bool:
        """Is this a text area with a limit, so that the page counts the letters?"""
        return self.kind == "textarea" and getattr(self.field, "max_length", None) is not None

    @property
    def aria_describedby(self) -> str:
        described = [self.hint_id] if self.help_text else []
        if self.counted:
            described.append(f"{self.auto_id}-info")
        if self.errors:
            described.append(self.error_id)
        return " ".join(described)

    @property
    def wrong_parts(self) -> list[str]:
        """Which boxes of a date are wrong: all of them unless the error says which."""
        for error in self.errors.as_data():
            parts = (getattr(error, "params", None) or {}).get("parts")
            if parts:
                return list(parts)
        return list(PARTS) if self.errors else []

    @property
    def first_id(self) -> str:
        """Where the link in the error summary goes."""
        if self.kind == "date" and self.wrong_parts:
            return f"{self.auto_id}_{PARTS.index(self.wrong_parts[0])}"
        return f"{self.auto_id}_0" if self.kind in GROUPED else self.auto_id

    @property
    def sentences(self) -> list[str]:
        """The field's errors, each saying what to do."""
        return [
            self._sentence(error, message)
            for error in self.errors.as_data()
            for message in error.messages
        ]

    def _sentence(self, error: ValidationError, message: str) -> str:
        if message != str(forms.Field.default_error_messages["required"]):
            return message
        # Nobody wrote words for this field: make do with its label.
        label = str(self.label).rstrip("?: ")
        if str(self.label).rstrip().endswith("?"):
            return f"Answer the question: {label}?"
        if self.kind == "checkbox":
            return f"Tick the box: {label}"
        verb = VERBS.get(self.kind, "Enter")
        return f"{verb} {label if label[:2].isupper() else label[:1].lower() + label[1:]}"

    @property
    def options(self) -> list[dict[str, Any]]:
        """Radios or checkboxes, one a choice: input, id, label, hint and the field it reveals."""
        hints, reveals = self.look.get("hints", {}), self.look.get("reveals", {})
        rows = []
        for option in self.subwidgets:
            value = str(option.data["value"])
            revealed = self.form[reveals[value]] if value in reveals else None
            if value in hints:
                option.data["attrs"]["aria-describedby"] = f"{option.id_for_label}-hint"
            rows.append(
                {
                    "input": option.tag(),
                    "id": option.id_for_label,
                    "label": option.choice_label,
                    "hint": hints.get(value, ""),
                    "reveals": revealed,
                }
            )
        return rows

    @property
    def boxes(self) -> list[dict[str, Any]]:
        """The three boxes of a date: part, its word, and what its input needs."""
        boxes = []
        for part, box in zip(PARTS, self.subwidgets[0].data["subwidgets"], strict=True):
            width = "govuk-input--width-4" if part == "year" else "govuk-input--width-2"
            wrong = " govuk-input--error" if part in self.wrong_parts else ""
            boxes.append(
                {
                    "word": part.title(),
                    "name": box["name"],
                    "id": box["attrs"]["id"],
                    "value": box["value"] or "",
                    "css": f"{CSS['date']} {width}{wrong}",
                }
            )
        return boxes

    @property
    def is_revealed_elsewhere(self) -> bool:
        """Is this field drawn inside another field's choice? Then the form must not repeat it."""
        looks = getattr(self.form, "looks", {}).values()
        return any(self.name in look.get("reveals", {}).values() for look in looks)

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        built = super().build_widget_attrs(attrs, widget)
        # GOV.UK sets neither: the browser's own bubbles would come before our words.
        for unwanted in ("required", "aria-invalid"):
            built.pop(unwanted, None)
        if "placeholder" in (widget or self.field.widget).attrs:
            built["placeholder"] = (
                False  # labels stay; words inside a box vanish when typing starts
            )
        kind = self.kind
        if kind == "hidden":
            return built
        own = str(built.get("class") or self.field.widget.attrs.get("class", ""))
        wrong = ERROR_CSS.get(kind, "") if self.errors else ""
        built["class"] = " ".join(filter(None, (CSS[kind], own, wrong)))
        built.pop("aria-describedby", None)
        if kind not in GROUPED and self.aria_describedby:
            built["aria-describedby"] = self.aria_describedby
        return built


class GovukRenderer(TemplatesSetting):
    """Set as FORM_RENDERER. Needs "django.forms" in INSTALLED_APPS for the bare inputs."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = GovukBoundField
