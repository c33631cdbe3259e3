"""Units whose journey touches all that an export could tell: a box, a journey, a site, an error."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import update

from tests.services.builders import lay_world, new_boxes, new_units, queue, scan
from tracker.db import transaction
from tracker.domain.scans import Scan
from tracker.models import Consignment

SITE = "EX-SITE-1"


def travel(many: int) -> list[str]:
    """Units that were received, packed, shipped in their box, handed over and deployed; codes.

    The first was counted by mistake, which somebody declared; the last was taken out of the box
    before it left, so that what befell the box is not its story.
    """
    lay_world()
    codes, [box] = new_units(many, kits=True), new_boxes(1)
    with transaction() as session:
        session.execute(update(Consignment).values(consignor="EX", consignee="EX-USER"))
    counted = scan(codes[0], "counting", 5, location="WH-2")
    wrong = Scan(
        str(uuid4()), codes[0], "declaring_error", counted.occurred_at,
        declares=counted.id, reason="did_not_occur", note="Charlie counted next door",
    )  # fmt: skip
    queue([
        *(scan(code, "receiving", 1, location="WH-1") for code in codes),
        counted, wrong,
        *(scan(code, "packing", 10, handling_unit=box, location="WH-1") for code in codes),
        scan(box, "shipping", 20, consignment="EX-C-1", location="WH-1"),
        scan(codes[-1], "unpacking", 15, handling_unit=box, location="WH-1"),
    ])  # fmt: skip
    for code in codes[:-1]:
        queue([
            scan(code, "accepting", 30, receiver="EX-USER", act="AKT-2026-7", location=SITE),
            scan(code, "deploying", 40, location=SITE, note="ask for Charlie"),
        ])  # fmt: skip
    return codes
