"""the rules as they stood."""
import sqlalchemy as sa
from alembic import op
from shared.database import Instant

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('definitions',
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('pathway', sa.Text(), nullable=False),
    sa.Column('first_seen_at', Instant(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('fingerprint')
    )
    with op.batch_alter_table('definitions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_definitions_pathway'), ['pathway'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('definitions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_definitions_pathway'))

    op.drop_table('definitions')
