"""Beat: starts the periodic tasks. Their code, Django's apps and Celery's command line would double its memory."""

from celery import Celery

from monitor import settings

app = Celery("farside", fixups=[])
app.config_from_object(settings, namespace="CELERY")


def main() -> None:
    """Run until a signal; the schedule lies in the data folder."""
    schedule = settings.FARSIDE_DATA / "beat-schedule"
    app.Beat(schedule=str(schedule), loglevel=settings.FARSIDE_LOG_LEVEL, quiet=True).run()


if __name__ == "__main__":
    main()
