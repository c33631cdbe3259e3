"""Let a release be told later and be declared wrong: the clock of an aid code hangs on it.

SQLite copies the table, which takes its guards with it; they are put up again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEFORE = (
    "kind IN ('packed', 'reopened', 'dispatched', 'border', 'customs_in', 'hold', "
    "'release', 'arrived', 'received', 'closed')"
)
AFTER = BEFORE.replace("'closed')", "'closed', 'mistaken')")


def upgrade() -> None:
    _unguard()
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_passage_kind"), type_="check")
        batch_op.add_column(sa.Column("happened_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("declares", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_passage_declares"), "passage", ["declares"], ["id"])
        batch_op.create_unique_constraint(op.f("uq_passage_declares"), ["declares"])
        batch_op.create_check_constraint(op.f("ck_passage_kind"), AFTER)
        batch_op.create_check_constraint(
            op.f("ck_passage_declares"), "(kind = 'mistaken') = (declares IS NOT NULL)"
        )
    _guard()


def downgrade() -> None:
    _unguard()
    op.execute("DELETE FROM passage WHERE kind = 'mistaken'")
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_passage_declares"), type_="check")
        batch_op.drop_constraint(op.f("ck_passage_kind"), type_="check")
        batch_op.drop_constraint(op.f("uq_passage_declares"), type_="unique")
        batch_op.drop_constraint(op.f("fk_passage_declares"), type_="foreignkey")
        batch_op.drop_column("declares")
        batch_op.drop_column("happened_on")
        batch_op.create_check_constraint(op.f("ck_passage_kind"), BEFORE)
    _guard()


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _unguard() -> None:
    if _on_sqlite():
        op.execute("DROP TRIGGER passage_no_update")
        op.execute("DROP TRIGGER passage_no_delete")
    else:
        op.execute("DROP TRIGGER passage_append_only ON passage")


def _guard() -> None:
    if not _on_sqlite():
        op.execute(
            "CREATE TRIGGER passage_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON passage "
            "FOR EACH STATEMENT EXECUTE FUNCTION passage_is_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER passage_no_{verb.lower()} BEFORE {verb} ON passage "
            "BEGIN SELECT RAISE(ABORT, 'passage: rows are never changed or deleted'); END"
        )
