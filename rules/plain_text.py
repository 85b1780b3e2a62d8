"""Characters that nobody types on purpose and that make a text read as something else."""

import unicodedata

# Direction overrides can make a name read as another, zero-width ones hide in it. The joiners
# U+200C and U+200D are kept: several scripts are misspelt without them.
HIDDEN = frozenset(
    {
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2066, 0x206A)),
        "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff", "\u061c",
    }
)  # fmt: skip
SEEN = frozenset("\n\t")


def hidden_character(text: str) -> str:
    """The first control or hidden character of a text, or "". Line feeds and tabs are neither."""
    for character in text:
        if character in SEEN:
            continue
        if character in HIDDEN or unicodedata.category(character) in {"Cc", "Cs"}:
            return character
    return ""
