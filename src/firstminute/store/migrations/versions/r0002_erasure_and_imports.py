"""Which keys were destroyed, so that a key file put back from a backup loses them again; rows of a bulk import on their way into a register."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add three tables."""
    op.create_table(
        "erased_keys",
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("generation", WHOLE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_index("erased_keys_generation", "erased_keys", ["generation"], unique=False)
    op.create_table(
        "imports",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("seq", WHOLE, autoincrement=False, nullable=True),
        sa.Column("at_s", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("desk", "import_id"),
    )
    op.create_table(
        "staged_rows",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", WHOLE, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("desk", "import_id", "key"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take them away again. Rows of an import that is on its way would be lost: whoever goes back lets it settle first."""
    for table in ("staged_rows", "imports", "erased_keys"):
        op.drop_table(table)
