"""Importing the catalogue of products."""

from __future__ import annotations

from sqlalchemy import select

from tracker.domain.permissions import Actor
from tracker.domain.sheets import ImportReport, Rows
from tracker.models import Product
from tracker.services.imports.importing import Progress, among, importing, records


def import_products(
    rows: Rows, *, by: Actor, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Add the products that are new and update those that changed. Raises ImportRefused."""
    with importing("products", rows, by, dry_run) as (session, work):
        refs = [row["product"] for _, row in records(rows)]
        known = {
            product.ref: product
            for product in session.scalars(select(Product).where(among(session, Product.ref, refs)))
        }
        for line, row in work.unique("product"):
            ref, row["identifiers"] = row.pop("product"), row["identifiers"] or ""
            if ref in known:
                work.count(work.compare(line, ref, known[ref], row))
            else:
                session.add(Product(ref=ref, **row))
                work.report.added += 1
            if progress:
                progress(1)
    return work.report
