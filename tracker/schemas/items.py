"""Items in a sheet: the manifest of what a pledge sends, one row for each unit."""

from __future__ import annotations

from tracker.domain.identifiers import SCHEMES
from tracker.schemas.sheets import Key, Number, RowSchema, Words


class ItemRow(RowSchema):
    """One unit: its pledge and product, its identifiers, how it travels.

    `handling_unit` is what is written on the box; which identifiers must be there, the product
    says.
    """

    optional_columns = frozenset({*SCHEMES, "consignment", "handling_unit", "owner"})

    pledge = Key(required=True)
    product = Key(required=True)
    serial = Number("serial")
    kit = Number("kit")
    dish = Number("dish")
    utid = Number("utid")
    router = Number("router")
    imei = Number("imei")
    asset_tag = Number("asset_tag")
    consignment = Key()
    handling_unit = Words(40)
    owner = Key()
