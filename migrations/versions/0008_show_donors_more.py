"""Show donors more: photos and statements, narrowed links, inspected and damaged units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.clock import day_in_kyiv, now
from tracker.db import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTED = {
    "inspected": "status = 'deployed' AND inspected_at IS NOT NULL",
    "damaged": "condition <> 'good' AND status IS NOT NULL"
    " AND status NOT IN ('lost', 'stolen', 'destroyed', 'written_off')",
}


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=22), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("text_en", sa.String(length=1000), nullable=False),
        sa.Column("text_uk", sa.String(length=1000), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=40), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.CheckConstraint("kind IN ('photo', 'statement')", name=op.f("ck_release_kind")),
        sa.CheckConstraint(
            "(kind = 'photo') = (source IS NOT NULL)", name=op.f("ck_release_source")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_release_decided")
        ),
        sa.CheckConstraint(
            "kind <> 'photo' OR decided_by IS NULL OR approved IS NOT TRUE"
            " OR decided_by <> proposed_by",
            name=op.f("ck_release_two_people"),
        ),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_release_pledge")),
        sa.ForeignKeyConstraint(["source"], ["evidence.sha256"], name=op.f("fk_release_source")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_release_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        sa.UniqueConstraint("name", name=op.f("uq_release_name")),
    )
    op.create_index(op.f("ix_release_pledge"), "release", ["pledge"])
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("delay_days", sa.Integer(), nullable=False),
        sa.Column("small_cell", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.CheckConstraint("delay_days >= 0", name=op.f("ck_disclosure_delay_days")),
        sa.CheckConstraint("small_cell >= 0", name=op.f("ck_disclosure_small_cell")),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_disclosure_pledge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_pledge"), "disclosure", ["pledge"])
    op.create_table(
        "daily_count",
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("counted_on", name=op.f("pk_daily_count")),
    )
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("photos", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("totals_only", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_index(op.f("ix_pledge_initiative"), "pledge", ["initiative"])
    for measure, which in COUNTED.items():  # what is so already became known today
        op.execute(
            sa.text(
                "INSERT INTO tally (pledge, known_on, measure, change) "  # noqa: S608 - ours
                f"SELECT pledge, :today, '{measure}', count(*) FROM item WHERE {which} "
                "GROUP BY pledge"
            ).bindparams(sa.bindparam("today", day_in_kyiv(now()), sa.Date()))
        )


def downgrade() -> None:
    op.execute(
        "DELETE FROM tally WHERE measure IN ('inspected', 'damaged') OR measure LIKE 'open:%'"
    )
    op.drop_index(op.f("ix_pledge_initiative"), table_name="pledge")
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.drop_column("totals_only")
        batch_op.drop_column("photos")
    op.drop_table("daily_count")
    op.drop_index(op.f("ix_disclosure_pledge"), table_name="disclosure")
    op.drop_table("disclosure")
    op.drop_index(op.f("ix_release_pledge"), table_name="release")
    op.drop_table("release")
