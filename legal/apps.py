from django.apps import AppConfig


class Legal(AppConfig):
    name = "legal"

    def ready(self) -> None:
        """Say who acts when a notice is withdrawn: the two modules know nothing of each other."""
        from legal.services import payment_settling, withdrawals  # needs the models loaded

        withdrawals.ON_WITHDRAWAL.append(payment_settling.refund_due)
