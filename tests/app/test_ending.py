"""The application ends although something is under way."""

from __future__ import annotations

import threading
import time

import psutil
import pytest

from app.conftest import World
from reseen.app.looking import PhotoReader
from reseen.errors import InputError
from reseen.runtime import SessionSettings


def test_an_application_that_ends_does_not_wait_for_a_photo(world: World) -> None:
    ending = PhotoReader(world.library, SessionSettings(threads=1))
    told: list[str] = []

    def look() -> None:
        with pytest.raises(InputError) as refused:
            ending.people(world.photos / "yellow.png", "yellow.png")
        told.append(str(refused.value))

    ending.start()
    assert ending._pid is not None
    process = psutil.Process(ending._pid.result())
    process.suspend()
    asking = threading.Thread(target=look)
    asking.start()
    time.sleep(0.5)  # it waits for the process by then; if not, the test asks less
    ending.close()
    asking.join(60)
    assert told == ["yellow.png: the application is ending; send it again once it is there again"]
    assert not process.is_running()
