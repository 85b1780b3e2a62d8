from django.apps import AppConfig


class Cases(AppConfig):
    name = "cases"

    def ready(self) -> None:
        """Answer for the letters that cases prepare: may they still go?"""
        from cases import safety
        from letters import guards

        guards.GUARDS.append(safety.guard)
