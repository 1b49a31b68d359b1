"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table of the first release."""
    op.create_table(
        "commands",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "command_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("commands_age", "commands", ["at_s"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", "desk", "world"),
    )
    op.create_table(
        "desk_head",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, autoincrement=False, nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "world"),
    )
    op.create_table(
        "facts",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("at_s", sa.Double(), nullable=False),
        sa.Column("occurred_s", sa.Double(), nullable=False),
        sa.Column("time_source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("command_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "world", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("facts_subject", "facts", ["desk", "world", "subject", "seq"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Text(), nullable=False),
        sa.Column("type_code", sa.Text(), nullable=False),
        sa.Column("priority", WHOLE, autoincrement=False, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("venue_id", sa.Text(), nullable=True),
        sa.Column("started_s", sa.Double(), nullable=False),
        sa.Column("opened_s", sa.Double(), nullable=False),
        sa.Column("alerted_s", sa.Double(), nullable=True),
        sa.Column("en_route_s", sa.Double(), nullable=True),
        sa.Column("arrived_s", sa.Double(), nullable=True),
        sa.Column("reached_s", sa.Double(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("closed_s", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("alerts", WHOLE, autoincrement=False, nullable=False),
        sa.Column("arrivals", WHOLE, autoincrement=False, nullable=False),
        sa.Column("typed_later", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("desk", "world", "incident_id"),
    )
    op.create_index("incidents_closed", "incidents", ["closed_s"], unique=False)
    op.create_table(
        "open_subjects",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("opened_seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("closed_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("desk", "world", "subject"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_id", sa.Text(), nullable=False),
        sa.Column("expires_s", sa.Double(), nullable=False),
        sa.Column("attempts", WHOLE, autoincrement=False, nullable=False),
        sa.Column("next_s", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("desk", "message_id"),
    )
    op.create_index("outbox_waiting", "outbox", ["outcome", "next_s"], unique=False)
    op.create_table(
        "register_rows",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("valid_from_s", sa.Double(), nullable=False),
        sa.Column("valid_to_s", sa.Double(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("desk", "register", "key", "version"),
    )
    op.create_index(
        "register_rows_now",
        "register_rows",
        ["desk", "register"],
        unique=False,
        sqlite_where=sa.text("valid_to_s IS NULL"),
        postgresql_where=sa.text("valid_to_s IS NULL"),
    )
    op.create_table(
        "segments",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("first_seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("hash_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "world", "first_seq"),
    )
    op.create_table(
        "standing",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("desk", "world", "kind", "part"),
    )
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("subject_keys_key", "subject_keys", ["key_id"], unique=False)
    op.create_table(
        "timers",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("timer", sa.Text(), nullable=False),
        sa.Column("round", WHOLE, autoincrement=False, nullable=False),
        sa.Column("due_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "world", "subject", "timer", "round"),
        sqlite_with_rowid=False,
    )
    op.create_index("timers_due", "timers", ["due_s"], unique=False)
