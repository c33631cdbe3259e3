"""Tell donors: an outbox, subscriptions by mail, webhooks, keys of feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CADENCES = ("daily", "weekly")
LOCALES = ("uk", "en")
DELIVERY_KINDS = ("mail", "webhook")


def upgrade() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("account", sa.Integer(), nullable=True),
        sa.Column("share", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("cadence", sa.String(length=8), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("confirmed_at", Moment(), nullable=True),
        sa.Column("manage_hash", sa.String(length=64), nullable=False),
        sa.Column("end_hash", sa.String(length=64), nullable=False),
        *_told(),
        sa.CheckConstraint(f"cadence IN {CADENCES}", name=op.f("ck_subscription_cadence")),
        sa.CheckConstraint(f"locale IN {LOCALES}", name=op.f("ck_subscription_locale")),
        sa.CheckConstraint(
            "(account IS NULL) <> (share IS NULL)", name=op.f("ck_subscription_whose")
        ),
        sa.CheckConstraint(
            "(address IS NULL) = (share IS NULL)", name=op.f("ck_subscription_address")
        ),
        *_keys("subscription", pledge="pledge.ref"),
        *_keys("subscription", account="account.id", share="share.id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("uid", name=op.f("uq_subscription_uid")),
        sa.UniqueConstraint("manage_hash", name=op.f("uq_subscription_manage_hash")),
        sa.UniqueConstraint("end_hash", name=op.f("uq_subscription_end_hash")),
        sa.UniqueConstraint("pledge", "account", name=op.f("uq_subscription_pledge_account")),
        sa.UniqueConstraint("share", "address", name=op.f("uq_subscription_share_address")),
    )
    op.create_index(op.f("ix_subscription_account"), "subscription", ["account"])
    op.create_index(op.f("ix_subscription_share"), "subscription", ["share"])
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_until", Moment(), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        *_told(),
        sa.CheckConstraint(
            "(old_secret IS NULL) = (old_until IS NULL)", name=op.f("ck_webhook_old")
        ),
        *_keys("webhook", pledge="pledge.ref"),
        *_keys("webhook", account="account.id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_pledge"), "webhook", ["pledge"])
    op.create_index(op.f("ix_webhook_account"), "webhook", ["account"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subscription", sa.Integer(), nullable=True),
        sa.Column("webhook", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.Column("dead_at", Moment(), nullable=True),
        sa.CheckConstraint(f"kind IN {DELIVERY_KINDS}", name=op.f("ck_outbox_kind")),
        sa.CheckConstraint(
            "(kind = 'mail') = (subscription IS NOT NULL)", name=op.f("ck_outbox_mail")
        ),
        sa.CheckConstraint(
            "(kind = 'webhook') = (webhook IS NOT NULL)", name=op.f("ck_outbox_webhook")
        ),
        sa.CheckConstraint(
            "delivered_at IS NULL OR dead_at IS NULL", name=op.f("ck_outbox_ended_once")
        ),
        *_keys("outbox", subscription="subscription.id", webhook="webhook.id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_kind_due_at", "outbox", ["kind", "due_at"])
    op.create_index(op.f("ix_outbox_subscription"), "outbox", ["subscription"])
    op.create_index(op.f("ix_outbox_webhook"), "outbox", ["webhook"])
    op.create_table(
        "feed_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=True),
        sa.Column("share", sa.Integer(), nullable=True),
        sa.Column("pledge", sa.String(length=32), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.CheckConstraint("(account IS NULL) <> (share IS NULL)", name=op.f("ck_feed_key_whose")),
        sa.CheckConstraint(
            "pledge IS NOT NULL OR account IS NOT NULL", name=op.f("ck_feed_key_staff")
        ),
        *_keys("feed_key", pledge="pledge.ref"),
        *_keys("feed_key", account="account.id", share="share.id", cascade=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_key")),
        sa.UniqueConstraint("share", name=op.f("uq_feed_key_share")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feed_key_token_hash")),
        sa.UniqueConstraint("account", "pledge", name=op.f("uq_feed_key_account_pledge")),
    )


def downgrade() -> None:
    for table in ("feed_key", "outbox", "webhook", "subscription"):
        op.drop_table(table)


def _told() -> list[sa.Column[object]]:
    return [
        sa.Column("told_until", sa.Date(), nullable=False),
        sa.Column("told_pledged", sa.Integer(), nullable=False),
        sa.Column("told_month", sa.Date(), nullable=True),
        sa.Column("looked_on", sa.Date(), nullable=False),
    ]


def _keys(table: str, *, cascade: bool = False, **to: str) -> list[sa.ForeignKeyConstraint]:
    ends = "CASCADE" if cascade else None
    return [
        sa.ForeignKeyConstraint(
            [column], [parent], name=op.f(f"fk_{table}_{column}"), ondelete=ends
        )
        for column, parent in to.items()
    ]
