"""Which keys were destroyed, so that a key file put back from a backup loses them again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table of destroyed keys."""
    op.create_table(
        "erased_keys",
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("generation", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_index("erased_keys_generation", "erased_keys", ["generation"], unique=False)
