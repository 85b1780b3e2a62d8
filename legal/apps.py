from django.apps import AppConfig


class Legal(AppConfig):
    name = "legal"

    def ready(self) -> None:
        """Say who acts when a notice is withdrawn, and what else waits: they know nothing of it."""
        from cases import safety
        from cases.selectors import work
        from legal.selectors.correction_work import SOURCE
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
        work.join(SOURCE)
