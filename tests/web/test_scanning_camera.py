"""Reading codes with the camera: a film of our labels before a browser's made-up camera."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from labels import address, new_codes
from tests.house.parts import CHROMIUM, need
from tests.web.films import HOST, film, scene
from tests.web.small_pages import opened
from tracker.web.frame.frame import CONTENT_SECURITY_POLICY, allow_decoder

pytestmark = pytest.mark.browser

ONE, TWO = new_codes(2)
WAIT = 15  # s, for a machine that does much else
Filming = Callable[..., Page]


@contextmanager
def camera_browser(chromium: Browser, shots: Any, folder: Path, *more: str) -> Iterator[Browser]:
    """A browser whose camera plays these shots."""
    path = film(folder / "film.mjpeg", shots)
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream", *more]
    arguments.append(f"--use-file-for-fake-video-capture={path}")
    kind = chromium.browser_type
    browser = kind.launch(executable_path=need(CHROMIUM), args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def filming(chromium: Browser, pieces: str, tmp_path: Path) -> Iterator[Filming]:
    """`filming([(2.0, [ONE])])`: the page of a camera that sees this, over and over."""
    with ExitStack() as stack:

        def start(shots: Any, name: str = "camera") -> Page:
            granted = "--use-fake-ui-for-media-stream"
            browser = stack.enter_context(camera_browser(chromium, shots, tmp_path, granted))
            return stack.enter_context(opened(browser, pieces, name))

        yield start


def told(page: Page, many: int, within: float = WAIT) -> list[str]:
    """The texts that were reported, once there are `many` of them or the time is over."""
    end = time.monotonic() + within
    while time.monotonic() < end and page.evaluate("told.length") < many:
        page.wait_for_timeout(50)
    return [text for text, _, _ in page.evaluate("told")]


def test_a_label_is_read_and_reported_once(
    filming: Filming, record_property: Callable[[str, object], None]
) -> None:
    page = filming([(3, [ONE])])
    assert page.evaluate("open()") == ""
    assert told(page, 1) == [address(ONE, HOST)]
    page.wait_for_timeout(4000)
    [[text, sort, cold]] = page.evaluate("told")
    assert (text, sort) == (address(ONE, HOST), "qr_code")

    # Once more with the decoder loaded: how long from the first picture to the answer.
    page.evaluate("camera.close(); told.length = 0; open()")
    told(page, 1)
    warm = page.evaluate("told[0][2]")
    record_property("first_answer_ms", round(warm))
    print(f"from the first picture to the answer: {cold:.0f} ms cold, {warm:.0f} ms warm")


def test_two_labels_in_view_are_both_reported(filming: Filming) -> None:
    page = filming([(3, [ONE, TWO])])
    page.evaluate("open()")
    assert sorted(told(page, 2)) == sorted(address(code, HOST) for code in (ONE, TWO))
    assert len(told(page, 3, within=2)) == 2


def test_a_label_that_comes_back_is_reported_again(filming: Filming) -> None:
    page = filming([(1.5, [ONE]), (3, []), (1.5, [TWO]), (0.5, []), (1, [TWO]), (3, [])])
    page.evaluate("open()")
    texts = told(page, 4, within=40)
    seen = [ONE if text == address(ONE, HOST) else TWO for text in texts]
    assert seen in ([ONE, TWO, ONE, TWO], [TWO, ONE, TWO, ONE])


def test_only_what_is_read_in_two_looks_running_is_reported(chromium: Browser, pieces: str) -> None:
    with opened(chromium, pieces, "camera") as page:
        looks = [(0, ["a"]), (100, ["b"]), (200, ["a", "c"]), (300, ["a", "c"]), (400, ["a"])]
        looks += [(1000, []), (1800, ["a"]), (1900, ["a"])]  # gone for less than 1.5 s
        looks += [(3500, ["a"]), (3600, ["a"])]  # gone for more
        found = page.evaluate("looks", looks)
        assert found == [[], [], [], ["a", "c"], [], [], [], [], [], ["a"]]


def test_a_hidden_page_lets_the_camera_go(filming: Filming) -> None:
    page = filming([(3, [ONE])])
    page.evaluate("open()")
    assert page.evaluate("live()") == 1
    page.evaluate("hide(true)")
    assert page.evaluate("live()") == 0
    page.evaluate("told.length = 0; camera.sightings.known.clear(); hide(false)")
    assert told(page, 1) == [address(ONE, HOST)]
    assert page.evaluate("live()") == 1
    page.evaluate("hide(true); hide(false); hide(true)")
    page.wait_for_timeout(500)
    assert page.evaluate("live()") == 0
    page.evaluate("hide(false)")
    page.wait_for_timeout(500)
    page.evaluate("camera.close()")
    assert page.evaluate("live()") == 0
    page.evaluate("hide(true); hide(false)")
    page.wait_for_timeout(300)
    assert page.evaluate("live()") == 0


def test_a_camera_without_torch_and_zoom_says_so(filming: Filming) -> None:
    page = filming([(1, [])])
    page.evaluate("open()")
    assert page.evaluate("camera.hasTorch") is False
    assert page.evaluate("camera.torch(true)") is False
    page.evaluate("lend({ torch: true, zoom: { min: 1, max: 8, step: 0.1 } })")
    assert page.evaluate("camera.hasTorch") is True
    assert page.evaluate("camera.zoomRange.max") == 8
    assert page.evaluate("camera.torch(true)") is True
    assert page.evaluate("camera.zoom(2)") is True
    assert page.evaluate("lent") == [{"torch": True}, {"zoom": 2}]


# What may go wrong


def test_a_refused_permission_is_a_word(chromium: Browser, pieces: str, tmp_path: Path) -> None:
    with (
        camera_browser(chromium, [(1, [ONE])], tmp_path, "--deny-permission-prompts") as browser,
        opened(browser, pieces, "camera") as page,
    ):
        assert page.evaluate("open()") == "refused"
        assert page.evaluate("problems") == ["refused"]


def test_a_machine_without_a_camera_is_a_word(chromium: Browser, pieces: str) -> None:
    with opened(chromium, pieces, "camera", permissions=["camera"]) as page:
        assert page.evaluate("open()") == "none"


def test_a_page_that_is_not_secure_is_a_word(chromium: Browser, pieces: str) -> None:
    rule = "--host-resolver-rules=MAP kit.example 127.0.0.1"
    browser = chromium.browser_type.launch(
        executable_path=need(CHROMIUM), args=["--no-sandbox", rule]
    )
    with opened(browser, pieces.replace("127.0.0.1", HOST), "camera") as page:
        assert page.evaluate("open()") == "insecure"
    browser.close()


def test_a_page_that_did_not_ask_may_not_run_the_decoder(filming: Filming) -> None:
    page = filming([(1, [ONE])], "strict-camera")
    assert page.evaluate("open()") == "decoder"
    assert page.evaluate("live()") == 0
    assert set(page.evaluate("stopped.splice(0)")) == {"wasm-eval"}


# The browser's own detector


@pytest.mark.parametrize(
    ("formats", "fails", "expected"),
    [
        ("qr_code data_matrix code_128 code_39 ean_13", False, "OWN"),
        ("qr_code data_matrix code_128 code_39 ean_13", True, address(ONE, HOST)),
        ("qr_code", False, address(ONE, HOST)),
    ],
    ids=["it knows all and works", "it fails", "it knows too little"],
)
def test_the_browsers_own_detector_is_used_where_it_knows_all_and_works(
    filming: Filming, formats: str, fails: bool, expected: str
) -> None:
    page = filming([(1, [ONE])])
    page.evaluate("([formats, fails]) => ownDetector(formats, fails)", [formats.split(), fails])
    page.evaluate("open()")
    assert told(page, 1) == [expected]


# Photos


def test_a_photo_is_read_on_the_device(chromium: Browser, pieces: str, tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    scene([ONE, TWO], size=(4000, 3000)).save(large, quality=85)
    with opened(chromium, pieces, "camera") as page:
        page.set_input_files("#photo", large)
        found = page.evaluate("readChosen()")
        assert {one["text"] for one in found} == {address(code, HOST) for code in (ONE, TWO)}
        assert len(found) == 2


def test_what_is_no_picture_is_told_from_a_picture_without_codes(
    chromium: Browser, pieces: str, tmp_path: Path
) -> None:
    (tmp_path / "words.jpg").write_text("no picture")
    scene([]).save(tmp_path / "empty.png")
    with opened(chromium, pieces, "camera") as page:
        page.set_input_files("#photo", tmp_path / "words.jpg")
        assert page.evaluate("readChosen()") is None
        page.set_input_files("#photo", tmp_path / "empty.png")
        assert page.evaluate("readChosen()") == []


# The policy


def test_only_a_page_that_asks_gets_the_policy_of_the_decoder(still_world: Any) -> None:
    app: Flask = still_world.app
    with app.test_request_context("/"):
        answer = app.process_response(allow_decoder("a page"))
    policy = answer.headers["Content-Security-Policy"]
    assert policy.replace(" 'wasm-unsafe-eval'", "") == CONTENT_SECURITY_POLICY
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert still_world.client().get("/login").headers["Content-Security-Policy"] == (
        CONTENT_SECURITY_POLICY
    )
