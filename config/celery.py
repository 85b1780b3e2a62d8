"""The Celery application and the whole timetable in one table."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("onroll")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

EVERY_MINUTE = crontab()
app.conf.beat_schedule = {
    "sweep every authority each night": {
        "task": "attendance.sweep_every_authority",
        "schedule": crontab(hour="1", minute="10"),
    },
    "sweep what changed": {
        "task": "attendance.sweep_what_changed",
        "schedule": EVERY_MINUTE,
    },
    "note what the policies propose each night": {
        "task": "cases.propose_everywhere",
        "schedule": crontab(hour="2", minute="10"),
    },
    "look again at what relied on corrected marks": {
        "task": "cases.look_again_everywhere",
        "schedule": EVERY_MINUTE,
    },
    "count every clock of the cases again each night": {
        "task": "cases.recount_everywhere",
        "schedule": crontab(hour="4", minute="10"),
    },
    "end what schools were asked for before a legal step and is on file": {
        "task": "legal.settle_tasks_everywhere",
        "schedule": crontab(minute="*/15"),
    },
    "look again at what is legal and rests on corrected marks": {
        "task": "legal.look_again_everywhere",
        "schedule": EVERY_MINUTE,
    },
    "write down which penalty notices were not paid in time": {
        "task": "legal.periods_over_everywhere",
        "schedule": crontab(hour="0", minute="20"),
    },
    "end the supervision orders whose last day has passed": {
        "task": "legal.orders_over_everywhere",
        "schedule": crontab(hour="0", minute="40"),
    },
    "hand over what waits in the outbox": {
        "task": "letters.hand_over_waiting",
        "schedule": EVERY_MINUTE,
    },
    "resume jobs that nobody runs": {
        "task": "authorities.resume_jobs",
        "schedule": EVERY_MINUTE,
    },
}
