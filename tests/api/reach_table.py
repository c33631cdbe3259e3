"""What the place holders of routes name, and what is sent to them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tracker.domain.permissions import Role

# Blueprint -> place holder -> what it names. One that is not here is of OF_NOBODY.
NAMED: dict[str, dict[str, str]] = {
    "acts": {"act": "act", "item": "line"},
    "api_field": {"sha256": "photo", "ref": "place"},
    "api_items": {"code": "unit"},
    "boxes": {"code": "box"},
    "consignments": {"ref": "consignment"},
    "counts": {"number": "count"},
    "discrepancies": {"number": "case"},
    "documents": {"number": "document"},
    "items": {"code": "unit"},
    "labels": {"code": "unit"},
    "locations": {"ref": "place"},
    "losses": {"number": "loss", "sha256": "photo"},
    "planted": {"code": "unit"},
    "printing": {"ref": "warehouse"},
    "proposals": {"code": "unit"},
    "readings": {"code": "unit"},
}
FILLED = {"version": "1", "kind": "waybill", "step": "returning", "seal": "1", "passage": "1"}
FILLED["register_number"] = "00000000"  # opens to all by design: tests/field/test_out_of_reach.py
OF_NOBODY = {
    "api_late": "the token of an ended device is asked for, and its own signature",
    "api_pledges": "what was promised is told by the table of permissions",
    "batches": "a label that is on nothing is nobody's",
    "devices": "for those who enrol phones",
    "donor_exports": "for donors: tests/donors/test_own_and_other.py",
    "donors": "for donors: tests/donors/test_own_and_other.py",
    "feeds": "for donors, by a password of their own",
    "field": "the words of the field app",
    "found_reports": "for coordinators",
    "notices": "for donors: tests/donors/test_own_and_other.py",
    "outbox": "for coordinators",
    "passkeys": "for those who look after people",
    "pledges": "what was promised is told by the table of permissions",
    "problems": "help on errors",
    "published_cards": "published on purpose",
    "releases": "for coordinators and auditors",
    "security": "signing in",
    "shares": "for coordinators",
    "initiatives": "for coordinators",
    "frame": "nothing is named",
}
PROPOSALS_BY_NUMBER = {"proposals.approve", "proposals.refuse"}  # for coordinators
A_SCAN = "labels.take_step"
"""A scan of what is out of reach is kept, as one of a code that names nothing: it writes."""

SIGNED = dict.fromkeys(("giver_person", "giver_position"), "Alice Example")
SIGNED |= dict.fromkeys(("receiver_person", "receiver_position"), "Bob Example")
SIGNED |= dict.fromkeys(("giver_signature", "receiver_signature"), "[[[0,0],[9,9]]]")
FORMS: dict[str, dict[str, Any]] = {
    "acts.sign_act": SIGNED,
    "items.declare_error": {"event": str(uuid4()), "reason": "did_not_occur", "note": "no"},
    "losses.reverse": {"item": "1", "location": "EX-SITE-1"},
    "readings.add": {"scheme": "utid", "value": "00000000-0000-0000-0000-00000000aaaa"},
    "discrepancies.settle": {"decision": "It is all right as it is.", "how": "settle"},
}


# What names a thing elsewhere than in the path: (method, path, what is sent), `{}` the name.
ELSEWHERE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("unit", "GET", "/find?q={}", {}),
    ("kit", "GET", "/find?q={}", {}),
    ("unit", "GET", "/items?q={}", {}),
    ("kit", "GET", "/items?q={}", {}),
    ("warehouse", "GET", "/items?location={}", {}),
    ("unit", "GET", "/api/v1/items?q={}", {}),
    ("kit", "GET", "/api/v1/items?q={}", {}),
    ("place", "GET", "/api/v1/items?location={}", {}),
    ("kit", "GET", "/api/v1/items/{}", {}),
    ("kit", "GET", "/items/{}", {}),
    ("unit", "POST", "/api/v1/field/codes", {"codes": ["{}"]}),
    ("kit", "POST", "/api/v1/field/codes", {"codes": ["{}"]}),
    ("box", "POST", "/api/v1/field/codes", {"codes": ["{}"]}),
    ("unit", "POST", "/losses",
     {"kind": "stolen", "codes": "{}", "circumstances": "It was gone in the morning."}),
    ("place", "POST", "/acts",
     {"giver": "EX", "receiver": "EX-USER", "purpose": "A link.", "site": "{}"}),
    ("unit", "GET", "/labels/print?what=items&item={}", {}),
    ("consignment", "GET", "/labels/print?what=consignment&ref={}", {}),
    ("box", "GET", "/labels/print?what=units&item={}", {}),
    ("unit", "GET", "/labels/preview.svg?what=items&item={}", {}),
    ("consignment", "GET", "/losses/new?consignment={}", {}),
    ("consignment", "GET", "/scan?doing=receiving&location=WH-1&consignment={}", {}),
    ("count", "GET", "/scan?doing=counting&location=WH-1&count={}", {}),
    ("act", "GET", "/scan/handover?doing=handover&act={}", {}),
    ("warehouse", "POST", "/counts", {"location": "{}"}),
]  # fmt: skip


STEP_OF = {Role.WAREHOUSE: "returning", Role.FIELD: "collecting"}
