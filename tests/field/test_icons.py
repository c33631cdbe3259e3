"""The icons under which phones put the app among their others."""

from __future__ import annotations

import io
import re

from PIL import Image

from tests.web.conftest import World


def test_each_icon_that_a_phone_is_told_of_is_there_in_its_size(world: World) -> None:
    client = world.client()
    told = client.get("/field/app.webmanifest").get_json(force=True)["icons"]
    sizes = {icon["src"]: icon["sizes"] for icon in told}
    [apple] = re.findall(r'rel="apple-touch-icon" href="([^"]+)"', client.get("/field/").text)
    sizes[apple] = "180x180"
    assert len(sizes) == 3
    for address, size in sizes.items():
        answer = client.get(address, buffered=True)
        picture = Image.open(io.BytesIO(answer.data))
        assert (answer.mimetype, f"{picture.width}x{picture.height}") == ("image/png", size)
