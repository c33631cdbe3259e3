"""Every word of the field app, in the reader's language, and the table of steps it offers.

The app has no texts of its own: it asks for these once and keeps them.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from tracker.domain.lifecycle import STEPS, Journey, Move, Need, Status, Step
from tracker.web.words import terms
from tracker.web.words.field_numbers import sentences

STEPS_OF_PHONES = tuple(step.id for step in STEPS.values() if step.phone)


def words() -> dict[str, Any]:
    """The app's words by key; names of steps, statuses and the like; the table of steps."""
    return {
        "said": {
            **_frame(),
            **_scanning(),
            **_units(),
            **_asking(),
            **_acts(),
            **_parties(),
            **_listing(),
            **_sending(),
            **_settings(),
        },
        "many": sentences(),
        "step": {step: str(terms.STEP[step]) for step in STEPS_OF_PHONES},
        "done": {step: str(terms.DONE[step]) for step in STEPS_OF_PHONES},
        "status": _named(terms.STATUS),
        "flag": _named(terms.FLAG),
        "kind": _named(terms.KIND),
        "sector": _named(terms.SECTOR),
        "role": _named(terms.ROLE),
        "fact": _named(terms.FACT),
        "condition": _named(terms.CONDITION),
        "steps": {step: _row(STEPS[step]) for step in STEPS_OF_PHONES},
    }


def _row(step: Step) -> dict[str, Any]:
    """What a phone must know of a step to offer it, and to ask what the server would ask."""
    return {
        "from": sorted(str(one) for one in step.sources if one),
        "to": step.target if isinstance(step.target, Status) else None,
        "by_location": step.target is Move.BY_LOCATION,
        "needs": list(step.needs),
        "asks": list(step.asks),
        "second": Need.SECOND_IDENTIFIER in step.needs,
        "observes": step.observes,
        "presence": step.presence,
        "at_receiver": step.at_receiver,
        "whereabouts": step.whereabouts,
        "leaving": step.leaving,
        "unpacks": step.unpacks,
        "arrives": step.journey is Journey.ARRIVES,
        "destination": step.destination,
        "offer": step.phone,
    }


def _named(names: Any) -> dict[str, str]:
    return {str(key): str(name) for key, name in names.items()}


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
        "not_a_label": _("This is not one of our labels. Is it the unit’s serial number?"),
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


def _asking() -> dict[str, str]:
    """What is asked before a scan is kept, and what a scan without a look at the unit is worth."""
    return {
        "ask_place": _("Are you at %(place)s?", place="{place}"),
        "ask_place_yes": _("Yes, I am here"),
        "ask_place_no": _("Another place"),
        "choose_place": _("Choose the place where you are."),
        "without_place": _("Go on without a place"),
        "place_unsaid": _("The place is not said: a coordinator will ask you."),
        "ask_left_box": _("It stood in %(box)s. Taken out?", box="{box}"),
        "ask_left_box_yes": _("Yes, taken out"),
        "ask_elsewhere": _("The ledger has it in %(place)s. Is it here?", place="{place}"),
        "ask_elsewhere_yes": _("Yes, it is here"),
        "ask_partly_seen_yes": _("Yes, inside, unopened"),
        "and_more": _("and %(more)s more", more="{more}"),
        "answer_no": _("No"),
        "nothing_recorded": _("Nothing was recorded"),
        "in_box": _("in %(box)s", box="{box}"),
        "listed": _("You chose it in a list. Scan it: that proves that you stand before it."),
        "sighted": _("Scanned: you stand before it."),
        "other_unit": _("This is another unit."),
        "unsighted": _("Recorded from the list, without a scan: that proves less."),
        "unsighted_line": _("from the list, without a scan"),
        "state_asked": _("in the ledger; something is asked"),
    }


def _parties() -> dict[str, str]:
    return {
        "giver_by_number": _("Who hands over is not on the list"),
        "party_by_number": _("The receiver is not on the list"),
        "party_number": _("Number in the register (ЄДРПОУ)"),
        "party_find": _("Find"),
        "party_unknown": _("Nobody here has this number. Ask your coordinator."),
        "party_offline": _("This needs the network once."),
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


def _listing() -> dict[str, str]:
    """The pile of an act: what cannot be a line, what is asked, what changed meanwhile."""
    return {
        "act_unknown_label": _("This phone does not know this label. Is it one unit, or a box?"),
        "act_is_unit": _("One unit"),
        "act_is_box": _("A box"),
        "act_whose": _("Whose number is it? Scan the label of the same unit."),
        "act_other_unit": _("The two codes are of two different units."),
        "act_product": _("This barcode names a product, not one unit. Scan the unit’s label."),
        "act_unknown": _("No unit of ours has this code."),
        "act_gone": _("As far as is known it is: %(status)s.", status="{status}"),
        "act_again": _("On the act all the same"),
        "act_box_unknown": _("What is in this box is not known here: scan the units inside."),
        "act_box_empty": _("By the ledger nothing in it can be handed over."),
        "act_box_opened": _("Opened: %(units)s", units="{units}"),
        "act_box_as_of": _(
            "As this phone knew it on %(when)s. Look inside: remove what is not there.",
            when="{when}",
        ),
        "act_questions": _("Answer the questions above the list first, or remove them."),
        "act_changed": _("Nothing was signed: the list is not right any more. Go back to it."),
        "act_change_gone": _("%(unit)s: %(status)s.", unit="{unit}", status="{status}"),
        "act_change_left_box": _(
            "%(unit)s is not in %(box)s any more.", unit="{unit}", box="{box}"
        ),
        "act_change_in_box": _(
            "%(unit)s lies in %(box)s and is not on the list.", unit="{unit}", box="{box}"
        ),
        "act_change_box": _("%(unit)s is a box: scan the units inside.", unit="{unit}"),
        "act_change_product": _("%(unit)s is not one of our units.", unit="{unit}"),
        "act_change_unknown": _("%(unit)s is not one of our units.", unit="{unit}"),
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
        "import_bad": _("This is not a file of a phone’s unsent work."),
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
        "photo_needs": _("A photo was not taken: %(why)s", why="{why}"),
        "also_unsent": _("Not sent yet: %(what)s.", what="{what}"),
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
