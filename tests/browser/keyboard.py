"""What a person does who has no mouse: Tab, the arrow keys, Space, Enter, and typing."""

from playwright.sync_api import Page

MOST_TABS = 80


def tab_to(page: Page, words: str) -> None:
    """Press Tab until a link or button with these words has the focus, past the end and on."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator("a:focus, button:focus", has_text=words).count():
            return
    raise AssertionError(f"no way to “{words}” by keyboard")


def tab_into(page: Page, name: str) -> None:
    """Press Tab until a field of this name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(f"[name={name}]:focus").count():
            return
    raise AssertionError(f"no way to the field {name} by keyboard")


def choose(page: Page, name: str, value: str) -> None:
    """Choose a radio with the arrow keys."""
    tab_into(page, name)
    page.keyboard.press("Space")
    for _ in range(MOST_TABS):
        if page.locator(f"[name={name}][value='{value}']:focus").count():
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no way to choose {value}")


def type_day(page: Page, name: str, day: int, month: int, year: int) -> None:
    """Type a date into its three boxes."""
    for part, number in (("day", day), ("month", month), ("year", year)):
        tab_into(page, f"{name}_{part}")
        page.keyboard.press("Control+a")
        page.keyboard.type(str(number))


def press(page: Page, words: str) -> None:
    """Go to a link or button and press Enter, and wait for the page that follows."""
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def tick(page: Page, label: str) -> None:
    """Go to a checkbox and press Space."""
    wanted = page.get_by_label(label).first
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            page.keyboard.press("Space")
            return
    raise AssertionError(f"no way to tick “{label}” by keyboard")


def type_into(page: Page, name: str, words: str) -> None:
    """Go to a field and type; in a list, what is typed chooses."""
    tab_into(page, name)
    page.keyboard.type(words)
