from django.apps import AppConfig


class Cases(AppConfig):
    name = "cases"

    def ready(self) -> None:
        """Answer for the letters that cases prepare: may they still go? And count the work."""
        from authorities import navigation
        from cases import safety
        from cases.selectors import work
        from letters import guards

        guards.GUARDS.append(safety.guard)
        navigation.COUNTS["cases:work"] = work.waiting
