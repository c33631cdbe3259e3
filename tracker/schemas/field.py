"""What phones send beside scans, and what they are told."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from tracker.schemas.fields import BASE64, Id, Paging, Text
from tracker.schemas.scans import MOST_SCANS


class EnrolmentSchema(Schema):
    """An invitation's code, the phone's name, its public key (SubjectPublicKeyInfo, base64)."""

    code = Text(64, required=True)
    name = Text(60, required=True)
    public_key = Text(200, pattern=BASE64, required=True)


class EnrolledSchema(Schema):
    """The phone's number, and its bearer token, which is told this once."""

    device = fields.Integer(required=True)
    token = fields.String(required=True)


class FieldSchema(Schema):
    """What a phone takes along."""

    device = fields.Dict(required=True)
    steps = fields.List(fields.String(), required=True)
    places = fields.List(fields.Dict(), required=True)
    consignments = fields.List(fields.Dict(), required=True)
    units = fields.List(fields.Dict(), required=True)
    boxes = fields.List(fields.Dict(), required=True)
    parties = fields.List(fields.Dict(), required=True)
    papers = fields.List(fields.Dict(), required=True)
    decisions = fields.List(fields.Dict(), required=True)
    receipt_key = fields.String(allow_none=True)
    at = fields.String(required=True)


class ToldAtSchema(Schema):
    """The server's time."""

    told_at = fields.String(required=True, metadata={"format": "date-time"})


class IdsSchema(Schema):
    """Ids of scans."""

    ids = fields.List(Id(), required=True, validate=validate.Length(1, MOST_SCANS))


class PartyFoundSchema(Schema):
    """A party: its reference, name, kind, and number in the register."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    code = fields.String(required=True)


class CodesSchema(Schema):
    """Codes as they were scanned: of labels, makers' numbers, SSCCs."""

    codes = fields.List(Text(200), required=True, validate=validate.Length(1, MOST_SCANS))


class NamedSchema(Schema):
    """In the order of the question, what each `code` names (`kind`).

    `unit` or `box` with its `units`, each with its code, names, status and whether it can be
    handed over (`fits`); `blank`, a label that nothing wears; `product`, a product's barcode;
    `unknown`.
    """

    named = fields.List(fields.Dict(), required=True)


class FoundSchema(Schema):
    """For each id that the ledger holds: its receipt, and what a person decided about it."""

    results = fields.List(fields.Dict(), required=True)


class SignedActSchema(Schema):
    """An act's text as the phone's key signed it."""

    text = Text(1_000_000, lines=True, required=True)
    signature = Text(200, pattern=BASE64, required=True)


class ActOutcomeSchema(Schema):
    """`kept`, or `set_aside` for a person to judge.

    Of a kept act its number, the codes on it that name no unit yet, and each line (`line`, `code`)
    that the ledger has not booked, with the reason (`why`).
    """

    outcome = fields.String(required=True, validate=validate.OneOf(["kept", "set_aside"]))
    number = fields.String()
    strays = fields.List(fields.String())
    unbooked = fields.List(fields.Dict())


class PieceSchema(Schema):
    """Where a piece of a photo begins, and how large the whole is, in bytes."""

    offset = Paging(12_000_000, load_default=0)
    size = Paging(12_000_000, least=1, required=True)


class LatePieceSchema(PieceSchema):
    """The same after the access has ended, and the scan or act that names the photo."""

    signed = Id(required=True)


class ProgressSchema(Schema):
    """How much of a photo is here, and whether it is whole and kept."""

    received = fields.Integer(required=True)
    kept = fields.Boolean(required=True)


class SymbolsSchema(Schema):
    """The codes in a photo: text and format of each."""

    codes = fields.List(fields.Dict(), required=True)


class AddressSchema(Schema):
    """Where an assigned site is, and until when the phone may keep that."""

    facts = fields.Dict(required=True)
    until = fields.String(required=True)


class HandedOverSchema(Schema):
    """Scans of another device, as it exported them."""

    device = fields.Integer(required=True)
    sent_at = fields.String(required=True)
    scans = fields.List(fields.Dict(), required=True)


class HandedOverActSchema(SignedActSchema):
    """An act of another device, as it exported it."""

    device = fields.Integer(required=True, strict=True)
