from django.apps import AppConfig


class Legal(AppConfig):
    name = "legal"

    def ready(self) -> None:
        """Say who acts when a notice is withdrawn, and what else waits: they know nothing of it."""
        from attendance.selectors import relied as relied_sessions
        from cases import safety
        from cases.selectors import work
        from legal.selectors import correction_work, relied, waiting_work
        from legal.services import (
            corrections,
            payment_settling,
            prosecution_courts,
            withdrawals,
        )

        withdrawals.ON_WITHDRAWAL.append(payment_settling.refund_due)
        withdrawals.ON_WITHDRAWAL.append(corrections.ended)
        withdrawals.IS_CHARGED.append(prosecution_courts.is_charged)
        safety.HOLDS.append(corrections.holds)
        for source in (correction_work.SOURCE, *waiting_work.SOURCES):
            work.join(source)
        relied_sessions.SOURCES.append(relied.SOURCE)
