"""The pages in a real Chromium: the way of somebody who has never used a command line."""

from __future__ import annotations

import io
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from app.browsing import PATIENCE, Watched, browser, watched
from app.conftest import Running, Serve, World, free_port
from reseen.app import AppSettings
from reseen.app.pages.pages import PAGES
from reseen.runtime import SessionSettings

SERIOUS = {"serious", "critical"}
WORK = 300_000
"""Milliseconds that a worker may take for a job before a test gives up."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application on a copy of the small world's library, for the tests that only look and judge."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(world.library, folder / "my.reseen")
    settings = AppSettings(
        library=folder / "my.reseen", port=free_port(), roots=(world.footage,), session=SessionSettings(threads=1),
        workers=False,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(world.models))
        with Running(settings) as server:
            yield server.address


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """A page on the library of the small world."""
    with watched(chromium, address, viewport={"width": 1280, "height": 800}) as seen:
        yield seen.page


def expect() -> Any:
    return pytest.importorskip("playwright.sync_api").expect


def find(page: Any, photo: Path, person: int = 0) -> None:
    """Drop a photo, choose the n-th of the people in it from the left, wait for the answer."""
    page.goto("/")
    page.set_input_files("#choose-photo", str(photo))
    page.wait_for_selector(".pick")
    if page.locator(".pick").count() > 1:
        page.get_by_role("button", name=f"Person {person + 1} of").click()
    page.wait_for_selector("#headline:not(:empty)")
    page.wait_for_selector("#results[aria-busy='false']")


def until(page: Any, condition: str) -> None:
    """Wait for a condition; Playwright's own way of waiting for one needs what the pages' policy forbids."""
    end = time.monotonic() + PATIENCE / 1000
    while not _true(page, condition):
        assert time.monotonic() < end, f"never came true: {condition}"
        page.wait_for_timeout(50)


def _true(page: Any, condition: str) -> bool:
    try:
        return bool(page.evaluate(condition))
    except pytest.importorskip("playwright.sync_api").Error:  # the page is being left
        return False


def axe(page: Any) -> list[str]:
    """What axe-core finds seriously wrong with the page as it stands, and with its colours in the dark."""
    bundled = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not here")
    found = bundled.Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += bundled.Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    page.emulate_media(color_scheme="light")
    return [
        f"{one['id']}: {node['html'][:160]} ({node['any'][0]['message'] if node['any'] else one['help']})"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def test_from_an_empty_library_to_a_clip_and_back(
    chromium: Any, serve: Serve, world: World, footage: Path, tmp_path: Path
) -> None:
    server = serve(workers=True, library=tmp_path / "new.reseen", roots=(footage,))
    with watched(chromium, server.address, viewport={"width": 1280, "height": 800}, accept_downloads=True) as seen:
        _add_footage(seen, footage)
        _find_and_judge(seen, world)
        _take_away(seen, tmp_path)
        _remove(seen)


def _add_footage(seen: Watched, footage: Path) -> None:
    page = seen.page
    page.goto("/")
    page.get_by_role("heading", name="Find a person in footage").wait_for()
    page.get_by_text("Nothing has been looked through yet.").wait_for()
    page.get_by_role("main").get_by_role("link", name="Add footage").click()
    page.get_by_role("button", name="Add footage").click()
    page.locator(".folder .open").first.click()
    page.get_by_role("checkbox", name="Choose gate.mp4").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Camera of gate.mp4").fill("Gate 1")
    page.get_by_label("gate.mp4 begins at").fill("2026-05-01T08:00:00")
    page.get_by_role("button", name="Look through 1 file").click()
    page.wait_for_selector("dialog", state="detached")
    page.set_input_files("#choose-files", str(footage / "yard.mp4"))
    page.get_by_role("button", name="Upload 1 file").click()
    page.wait_for_selector("dialog", state="detached")
    done = page.locator(".sources tbody tr", has_text="All")
    expect()(done).to_have_count(2, timeout=WORK)
    expect()(page.locator("#jobs > *")).to_have_count(0, timeout=WORK)
    row = page.locator(".sources tr", has_text="gate.mp4")
    assert "Gate 1" in row.inner_text()
    assert "May 1, 2026" in row.inner_text()
    assert "set by you" in row.inner_text()


def _find_and_judge(seen: Watched, world: World) -> None:
    page = seen.page
    find(page, world.photos / "two.png", person=1)
    assert page.inner_text("#headline") == "2 moments, 2 cameras"
    assert "looked through" in page.inner_text("#coverage")
    assert "false match" in page.inner_text("#mean")
    assert "Visual similarity, not identity" in page.inner_text("#similarity")
    assert {text.split("\n")[0] for text in page.locator(".card .meta").all_inner_texts()} == {"Gate 1", "yard"}
    page.locator("a.shot[aria-label^='Gate 1']").click()
    box = page.locator(".box:not(.other)")
    box.wait_for()
    picture = page.locator("#picture").bounding_box()
    there = box.bounding_box()
    # Yellow stands in the leftmost of four columns.
    assert there["x"] - picture["x"] < picture["width"] / 4
    assert there["width"] < picture["width"] / 2
    page.get_by_role("button", name="Play").click()
    until(page, "document.querySelector('video').currentTime > 1.6")
    page.keyboard.press(" ")
    until(page, "document.querySelector('video').paused")
    paused = page.evaluate("document.querySelector('video').currentTime")
    page.keyboard.press(".")
    until(page, f"document.querySelector('video').currentTime > {paused}")
    assert page.evaluate("document.querySelector('video').currentTime") - paused < 0.25
    page.keyboard.press("y")
    page.wait_for_selector("#confirmed[aria-pressed='true']")
    other = "ArrowRight" if page.locator("#previous").is_disabled() else "ArrowLeft"
    page.keyboard.press(other)
    until(page, "document.querySelector('#title').textContent.startsWith('yard')")
    page.keyboard.press("n")
    page.wait_for_selector("#rejected[aria-pressed='true']")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search again with 2 verdicts").click()
    page.wait_for_selector("#results[aria-busy='false']")
    expect()(page.locator(".card.yes")).to_have_count(1)
    assert "Gate 1" in page.locator(".card.yes").inner_text()
    assert "two.png" in page.inner_text("#case")


def _take_away(seen: Watched, tmp_path: Path) -> None:
    page = seen.page
    card = page.locator(".card.yes")
    card.hover()
    card.locator("input[type=checkbox]").check()
    page.locator("#chosen").get_by_role("button", name="Take away…").click()
    page.get_by_role("button", name="Make it").click()
    ready = page.locator("dialog").get_by_role("link", name="Download").last
    ready.wait_for(timeout=WORK)
    with page.expect_download() as download:
        ready.click()
    archive = tmp_path / "taken.zip"
    download.value.save_as(archive)
    with zipfile.ZipFile(archive) as taken:
        clips = [name for name in taken.namelist() if name.endswith(".mp4")]
        assert len(clips) == 1
        with av.open(io.BytesIO(taken.read(clips[0]))) as clip:
            assert sum(1 for _ in clip.decode(video=0)) > 10
    page.keyboard.press("Escape")
    expect()(page.locator(".card.yes")).to_contain_text("taken away")


def _remove(seen: Watched) -> None:
    page = seen.page
    page.goto("/footage")
    page.get_by_role("button", name="More about gate.mp4").click()
    page.get_by_role("menuitem", name="Remove…").click()
    dialog = page.get_by_role("dialog")
    assert "deletes for good" in dialog.inner_text()
    dialog.get_by_role("button", name="Remove").click()
    expect()(page.locator(".sources tr", has_text="gate.mp4")).to_have_count(0, timeout=WORK)
    page.get_by_role("button", name="中文").click()
    page.wait_for_selector("html[lang='zh-Hans']")
    assert page.inner_text("h1") == "录像"
    expect()(page.locator("#sources")).to_contain_text("yard.mp4")
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang='en']")


def test_by_keyboard_alone(page: Any, world: World) -> None:
    find(page, world.photos / "yellow.png")
    page.keyboard.press("ArrowRight")
    focused = "document.activeElement.closest('.card')?.querySelector('h3').textContent"
    first = page.evaluate(focused)
    assert first in {"Gate 1", "Yard"}
    page.keyboard.press("y")
    page.wait_for_selector(".card.yes")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) != first
    page.keyboard.press("n")
    page.wait_for_selector(".card.no")
    page.keyboard.press("n")
    expect()(page.locator(".card.no")).to_have_count(0)
    page.keyboard.press("?")
    assert "Someone else" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.wait_for_selector(".lanes a.moment")
    page.keyboard.press("c")
    page.wait_for_selector(".card")
    page.keyboard.press("ArrowRight")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")
    page.wait_for_selector(".box")
    page.keyboard.press("f")
    page.wait_for_url(re.compile(r"/\?search="))
    page.wait_for_selector(".card")
    page.keyboard.press("3")
    page.wait_for_url("**/browse")
    page.wait_for_selector(".tile img")
    page.keyboard.press("ArrowDown")
    until(page, "document.activeElement.classList.contains('find-this')")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"person=|search="))


def test_the_slider_changes_what_is_shown_without_a_search(page: Any, world: World) -> None:
    find(page, world.photos / "yellow.png")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/searches" in request.url else None)
    shown = page.locator(".card").count()
    slider = page.locator("#slider")
    slider.focus()
    before = page.inner_text("#mean")
    page.keyboard.press("Home")
    assert page.locator(".card").count() > shown
    assert page.inner_text("#mean") != before
    page.keyboard.press("End")
    assert "Nobody this alike" in page.inner_text("#headline")
    assert "looked through" in page.inner_text("#shown")
    assert asked == []


def test_a_box_is_drawn_over_a_photo(page: Any, world: World) -> None:
    find(page, world.photos / "two.png", person=0)
    frame = page.locator("#stage .frame")
    place = frame.bounding_box()
    page.mouse.move(place["x"] + 4, place["y"] + 4)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] - 6, steps=5)
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as patched:
        page.mouse.up()
    box = patched.value.json()["box"]
    assert box[0] < box[2] <= patched.value.json()["width"] * 0.55
    page.wait_for_selector(".pick.drawn")


def test_a_visitor_who_may_only_look_is_shown_no_more(chromium: Any, serve: Serve) -> None:
    server = serve()
    store = server.app.state.context.store
    _token, secret = store.add_token("guest", "viewer", ("Yard",))
    server.app.state.context.doors.tokens.changed()
    with watched(chromium, server.address) as seen:
        page = seen.page
        page.goto("/browse")
        page.wait_for_url("**/sign-in?next=%2Fbrowse")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/browse")
        page.wait_for_selector(".tile img")
        assert page.locator("#camera option").all_inner_texts() == ["All cameras", "Yard"]
        assert not page.get_by_role("link", name="Cases").is_visible()
        page.goto("/footage")
        page.wait_for_selector(".sources tr")
        assert not page.get_by_role("button", name="Add footage").is_visible()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")


def test_no_page_keeps_anybody_out(page: Any, world: World) -> None:
    found: dict[str, list[str]] = {}
    find(page, world.photos / "two.png", person=1)
    page.locator(".card .round.yes").first.click()
    page.locator(".card .round.no").last.click()
    page.wait_for_selector("#case b")
    found["judged"] = axe(page)
    page.get_by_role("button", name="Timeline").click()
    page.wait_for_selector(".lanes a.moment")
    page.get_by_role("button", name="Take away…").click()
    found["dialog"] = axe(page)
    page.keyboard.press("Escape")
    found["timeline"] = axe(page)
    page.get_by_role("button", name="Cards").click()
    page.locator(".card a.shot").first.click()
    page.wait_for_selector(".box")
    found["player"] = axe(page)
    page.goto("/cases")
    page.locator(".case-card").first.click()
    page.wait_for_selector("#notes")
    found["case"] = axe(page)
    for one in PAGES:
        if one.name in {"find", "look"}:
            continue
        page.goto(one.path)
        page.wait_for_load_state("load")
        page.wait_for_timeout(300)
        found[one.name] = axe(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
