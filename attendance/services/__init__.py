"""Changes with consequences to pupils, calendars and registers."""
