"""The processes that index and export: started, watched, revived."""

from __future__ import annotations

from reseen.app.settings import AppSettings


class Supervisor:
    """Keeps one process a lane running.

    Args:
        settings: How the application is run.
    """

    def __init__(self, settings: AppSettings) -> None:
        self.settings = settings

    def start(self) -> None:
        """Start the processes and keep them alive."""

    def stop(self) -> None:
        """End them; their jobs are taken up when the application is started again."""
