"""What is printed, on which paper: by form and by address alike."""

from __future__ import annotations

from tracker.schemas.typed import Form, Several, Word, Words


class ChosenLabels(Form):
    """Whose labels."""

    what = Word()
    ref = Words(64)
    item = Several(64, limit=500)
    q, status, location, pledge = Words(200), Words(200), Words(200), Words(200)


class PrintJob(Form):
    """How they are printed."""

    stock, profile = Words(60), Words(60)
    start, copies = Words(10), Words(10)
    order = Word()


class MadeFile(Form):
    """The kind of file that is asked for; `anyway` after a question."""

    anyway = Word()
    kind = Word(data_key="as")
