"""Payments: the books, files from the bank, what people decide, and the month's end."""

from django.urls import path

from legal.views import payment_files, payments, payments_deciding

ONE = "legal/payments/one/<slug:payment>/"

urlpatterns = [
    path("legal/payments/", payments.payment_list, name="payments"),
    path("legal/payments/new/", payments.payment_record, name="payment_record"),
    path(ONE, payments.payment, name="payment"),
    path(f"{ONE}match/", payments.payment_match, name="payment_match"),
    path(f"{ONE}off/", payments.payment_off, name="payment_off"),
    path(f"{ONE}back/", payments.payment_back, name="payment_back"),
    path(f"{ONE}bounced/", payments.payment_bounce, name="payment_bounce"),
    path(f"{ONE}aside/", payments.payment_aside, name="payment_aside"),
    path("legal/payments/questions/", payments_deciding.questions, name="payment_questions"),
    path("legal/payments/questions/<int:pk>/", payments_deciding.question, name="payment_question"),
    path("legal/payments/refunds/", payments_deciding.refunds, name="payment_refunds"),
    path("legal/payments/refunds/<int:pk>/", payments_deciding.refund, name="payment_refund"),
    path("legal/payments/month/", payments_deciding.month, name="payment_month"),
    path("legal/payments/month/<slug:bucket>/", payments_deciding.behind, name="payment_bucket"),
    path("legal/payments/files/", payment_files.files, name="payment_files"),
    path("legal/payments/files/new/", payment_files.file_new, name="payment_file_new"),
    path("legal/payments/files/<slug:reference>/", payment_files.file, name="payment_file"),
]
