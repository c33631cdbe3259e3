"""Every word of the field app, in the reader's language, and the table of steps it offers.

The app has no texts of its own: it asks for these once and keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.domain.lifecycle import SECOND_IDENTIFIER_STEPS, STEPS, Status
from tracker.web import terms

STEPS_OF_PHONES = (
    *("receiving", "packing", "unpacking", "shipping", "entering_exiting", "counting"),
    *("accepting", "deploying", "inspecting", "collecting", "returning"),
    *("reporting_lost", "reporting_stolen", "destroying", "finding"),
)


def words() -> dict[str, Any]:
    """The app's words by key; names of steps, statuses and the like; the table of steps."""
    return {
        "said": {**_frame(), **_scanning(), **_units(), **_acts(), **_sending(), **_settings()},
        "many": _many(),
        "step": {step: str(terms.STEP[step]) for step in STEPS_OF_PHONES},
        "done": {step: str(terms.DONE[step]) for step in STEPS_OF_PHONES},
        "status": _named(terms.STATUS),
        "flag": _named(terms.FLAG),
        "kind": _named(terms.KIND),
        "sector": _named(terms.SECTOR),
        "role": _named(terms.ROLE),
        "fact": _named(terms.FACT),
        "condition": _named(terms.CONDITION),
        "steps": {
            step: {
                "from": sorted(str(one) for one in STEPS[step].sources if one),
                "to": STEPS[step].target if isinstance(STEPS[step].target, Status) else None,
                "needs": list(STEPS[step].needs),
                "second": step in SECOND_IDENTIFIER_STEPS,
            }
            for step in STEPS_OF_PHONES
        },
    }


def _named(names: Any) -> dict[str, str]:
    return {str(key): str(name) for key, name in names.items()}


_NUMBERS = {"one": 1, "few": 2, "many": 5, "other": 5}


def _forms(say: Callable[[int], str]) -> dict[str, str]:
    return {word: say(number) for word, number in _NUMBERS.items()}


def _many() -> dict[str, dict[str, str]]:
    """Sentences with a number, by the plural's category (CLDR): `{n}` stands for it."""
    return {
        "scans": _forms(lambda n: ngettext("%(many)s scan", "%(many)s scans", n, many="{n}")),
        "unsent": _forms(_unsent),
        "units": _forms(lambda n: ngettext("%(many)s unit", "%(many)s units", n, many="{n}")),
        "photos": _forms(lambda n: ngettext("%(many)s photo", "%(many)s photos", n, many="{n}")),
        "made": _forms(_made),
        "brought": _forms(_brought),
        "letters": _forms(_letters),
        "decided": _forms(_decided),
    }


def _unsent(n: int) -> str:
    return str(
        ngettext("%(many)s scan is not sent yet", "%(many)s scans are not sent yet", n, many="{n}")
    )


def _made(n: int) -> str:
    return str(ngettext("You made %(many)s scan", "You made %(many)s scans", n, many="{n}"))


def _brought(n: int) -> str:
    return str(ngettext("%(many)s scan brought", "%(many)s scans brought", n, many="{n}"))


def _decided(n: int) -> str:
    return str(
        ngettext(
            "It was decided about %(many)s scan of yours",
            "It was decided about %(many)s scans of yours",
            n,
            many="{n}",
        )
    )


def _letters(n: int) -> str:
    return str(ngettext("%(many)s more letter", "%(many)s more letters", n, many="{n}"))


def _frame() -> dict[str, str]:
    return {
        "title": "KitTrail",
        "loading": _("One moment…"),
        "back": _("Back"),
        "cancel": _("Cancel"),
        "close": _("Close"),
        "keep": _("Keep"),
        "yes": _("yes"),
        "no": _("no"),
        "online": _("Network"),
        "offline": _("No network. Everything is kept."),
        "pill_sent": _("All sent"),
        "pill_waiting": _("Not sent: %(many)s", many="{many}"),
        "keeping": _("The app is being put on this phone. Stay in the network for a moment."),
        "update": _("A new version is ready."),
        "update_now": _("Start it"),
        "no_app": _("This browser cannot keep the app. Use a newer one."),
        "hello": _("What are you doing?"),
        "broken": _("Something went wrong here. What you kept is safe."),
    }


def _scanning() -> dict[str, str]:
    return {
        "scan": _("Scan"),
        "scan_hint": _("Point the camera at the label, or type its code."),
        "camera_open": _("Scan with the camera"),
        "camera_close": _("Close the camera"),
        "camera_insecure": _("The camera needs a secure address (https)."),
        "camera_none": _("There is no camera here."),
        "camera_refused": _(
            "The browser may not use the camera. Allow it in the browser’s settings."
        ),
        "camera_busy": _("Another app uses the camera."),
        "camera_broken": _("The camera does not start. Type the code, or use a scanner."),
        "camera_decoder": _("The camera does not start. Type the code, or use a scanner."),
        "light": _("Light"),
        "zoom": _("Zoom"),
        "read_photo": _("Read a photo"),
        "photo_empty": _("No code was found in this photo."),
        "type": _("Code or serial number"),
        "enter": _("Enter"),
        "check_good": _("The code is right."),
        "check_bad": _("A letter is wrong: compare it with the label."),
        "bad_address": _("This address is not of a label of ours. Do not open it."),
        "bad_empty": _("There is no code."),
        "bad_letter": _("A letter of this is not used in codes."),
        "bad_length": _("A code has 11 letters."),
        "bad_check": _("A letter is wrong, or two are swapped: look at the label again."),
        "not_a_label": _("This is no label of ours. Is it the unit’s serial number?"),
        "all_the_same": _("Yes, record it"),
        "foreign": _("This label is of another installation: %(host)s", host="{host}"),
        "kept": _("Kept on this phone"),
        "again": _("Already scanned"),
        "full": _("NOT kept: the phone is full. Delete something else, then scan again."),
        "look_only": _("Look up only"),
        "what": _("What to record"),
        "where": _("Where"),
        "no_place": _("not said"),
        "last_scans": _("Last scans"),
    }


def _units() -> dict[str, str]:
    return {
        "units": _("My units"),
        "units_hint": _("Units at your places, and on their way there."),
        "no_units": _("No unit is at your places, as far as this phone knows."),
        "tasks": _("My places"),
        "no_tasks": _("No place is assigned to you."),
        "task_until": _("until %(day)s", day="{day}"),
        "open_site": _("Show where it is"),
        "open_site_hint": _(
            "The reading is written down. It stays on this phone for 72 hours at most."
        ),
        "open_site_offline": _("This needs the network once."),
        "as_known": _("As this phone knows it"),
        "to_deliver": _("To deliver and hand over"),
        "to_deploy": _("Handed over: to deploy"),
        "to_inspect": _("Deployed: to inspect"),
        "unknown": _("This phone does not know this unit. Its steps are kept all the same."),
        "next": _("What happens now?"),
        "more_steps": _("More steps"),
        "site": _("Site"),
        "second": _("Maker’s barcode"),
        "second_hint": _("KIT or serial number on the unit: it proves that the unit is here."),
        "second_later": _("Without it the scan is kept and marked."),
        "photo": _("Photo"),
        "photo_add": _("Take a photo"),
        "photo_hint": _("Made small on this phone; where it was taken is left out."),
        "photo_wrong": _("This picture cannot be read."),
        "condition": _("Condition"),
        "trained": _("Who was trained"),
        "works": _("Does it work?"),
        "speed": _("Speed, if measured"),
        "down": _("down, Mbit/s"),
        "up": _("up, Mbit/s"),
        "ask_present": _("Is the unit here?"),
        "ask_working": _("Does it work?"),
        "ask_civilian_use": _("Is it in civilian use by the named recipient?"),
        "answer_all": _("Answer all three questions."),
        "note": _("Note"),
        "report": _("Number of the report"),
        "say_yes_no": _("Say whether it works."),
        "say_site": _("Choose the site."),
        "say_report": _("Give the number of the report."),
        "record": _("Record"),
    }


def _acts() -> dict[str, str]:
    return {
        "handover": _("Hand over"),
        "act": _("Handover act"),
        "act_scan": _("1. Scan the units"),
        "act_scan_hint": _("Scan each label; of a terminal the maker’s barcode too."),
        "act_pair": _("Now the maker’s barcode of the same unit"),
        "act_pair_skip": _("There is none to read"),
        "act_to": _("2. To whom"),
        "act_read": _("3. Read it together"),
        "act_sign": _("4. Sign"),
        "giver": _("Who hands over"),
        "receiver": _("Who receives"),
        "purpose": _("Purpose"),
        "purpose_usual": _(
            "For civilian use only, to keep the institution’s communication working."
        ),
        "person": _("Name and surname"),
        "position": _("Position"),
        "sign_giver": _("Signature: handed over by"),
        "sign_receiver": _("Signature: received by"),
        "sign_again": _("Sign again"),
        "paper": _("Signed on paper instead"),
        "paper_hint": _("Photograph the signed paper so that all of it can be read."),
        "paper_reading": _("Looking for the paper’s code…"),
        "paper_read": _("This is act %(number)s.", number="{number}"),
        "paper_fits": _("Its list is what was scanned."),
        "paper_short": _("On the paper, but not scanned:"),
        "paper_over": _("Scanned, but not on the paper:"),
        "paper_unread": _(
            "The paper’s code was not found in the photo. The server looks again when it comes."
        ),
        "act_text": _("The act"),
        "act_clause": _(
            "Free of charge, for civilian use only, not to be passed on without consent."
        ),
        "act_number_later": _("It gets its number when the phone has a network."),
        "act_need_units": _("Scan at least one unit."),
        "act_need_sides": _("Choose who gives and who receives."),
        "act_need_people": _("Give name and position of both sides."),
        "act_need_signs": _("Both sides sign, or the signed paper is photographed."),
        "act_done": _("The act is kept."),
        "act_keep": _("Keep the act"),
        "remove": _("Remove"),
        "on": _("Next"),
        "draft": _("An act was begun: go on with it."),
        "draft_drop": _("Drop it"),
    }


def _sending() -> dict[str, str]:
    return {
        "unsent": _("Unsent"),
        "outbox": _("Scans of this phone"),
        "all_sent": _("Everything is in the ledger."),
        "send_now": _("Send now"),
        "sending": _("Sending…"),
        "state_kept": _("on this phone"),
        "state_sent": _("sent"),
        "state_confirmed": _("confirmed"),
        "state_needs": _("needs you"),
        "state_aside": _("waits for a coordinator’s decision"),
        "ledger_number": _("No. %(number)s in the unit’s story", number="{number}"),
        "shift": _("Today"),
        "ledger_has": _("the ledger has %(many)s", many="{many}"),
        "shift_ask": _("Compare with the ledger"),
        "shift_offline": _("The comparison needs the network."),
        "problem_network": _("No network. It is tried again by itself."),
        "problem_other": _("The server does not answer as it should. It is tried again by itself."),
        "old": _(
            "The oldest is from %(day)s. Find a network soon, or hand the scans over.", day="{day}"
        ),
        "export": _("Save what is unsent as a file"),
        "import": _("Bring another phone’s file"),
        "import_bad": _("This is no file of a phone’s unsent work."),
        "import_kept": _("The file is kept and goes with the next sending."),
        "export_hint": _(
            "Another enrolled phone, or a coordinator, can bring the file. Nobody can change it."
        ),
        "gap": _("Steps nobody scanned: %(steps)s.", steps="{steps}"),
        "misfit": _("It does not fit the unit’s story. A coordinator decides."),
        "unknown_code": _("The code names nothing yet. It is kept."),
        "decided": _("Decided: %(decision)s", decision="{decision}"),
        "decided_wrong": _("Decided that this scan is wrong: %(decision)s", decision="{decision}"),
        "healed": _("The missing scan has come."),
        "forbidden": _("Your role or places do not allow this. Show it to a coordinator."),
        "invalid": _("The server cannot read this scan. Show it to a coordinator."),
        "act_waits": _("The act waits to be sent."),
        "act_aside": _("The act waits for a coordinator’s decision."),
        "act_needs": _("The act was not taken: %(why)s", why="{why}"),
        "act_number": _("Act %(number)s", number="{number}"),
        "photos_wait": _("Photos wait for the network."),
        "show_more": _("Show more"),
        "nothing": _("Nothing has been scanned with this phone yet."),
    }


def _settings() -> dict[str, str]:
    return {
        "settings": _("Settings"),
        "language": _("Language"),
        "text_size": _("Size of text"),
        "sound": _("Sound"),
        "me": _("I hand over as"),
        "storage": _("Memory of this phone"),
        "storage_kept": _("The browser keeps what is here."),
        "storage_loose": _("The browser may clear this. Put the app on the home screen."),
        "storage_nearly": _("The phone is nearly full. Make room before you go on."),
        "version": _("Version"),
        "device": _("This phone"),
        "until": _("Access until %(day)s", day="{day}"),
        "enrol": _("Enrol this phone"),
        "enrol_hint": _(
            "A coordinator shows you a QR code. Point the phone’s camera at it, or scan it here."
        ),
        "enrol_name": _("Name of this phone"),
        "enrol_name_hint": _("Such as: Lviv team, phone 2. Not your own name."),
        "enrol_do": _("Enrol"),
        "enrol_code": _("Code of the invitation"),
        "enrol_network": _("Enrolling needs the network."),
        "enrol_over": _("This invitation is not good any more. Ask for a new QR code."),
        "enrolled_already": _(
            "This phone is enrolled. Its scans would stay with the old enrolment."
        ),
        "ended": _("The access of this phone has ended."),
        "ended_hint": _(
            "What it knew is deleted. Unsent scans are still here: save them as a file."
        ),
        "install": _("Put the app on the home screen"),
    }
