"""The Celery application of beat: the schedule alone. Without the tasks' code it takes half the memory."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor.settings")
os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")  # they would load every page, for nobody to see

app = Celery("farside")
app.config_from_object("django.conf:settings", namespace="CELERY")
