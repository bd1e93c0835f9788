"""who looked at a referral."""
import sqlalchemy as sa
from alembic import op
from shared.database import Instant

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('looks',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('referral', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('who', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('document', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('refused', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('looks', schema=None) as batch_op:
        batch_op.create_index('looks_by_time', ['at'], unique=False)
        batch_op.create_index('looks_of', ['referral', 'at', 'id'], unique=False)



def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('looks', schema=None) as batch_op:
        batch_op.drop_index('looks_of')
        batch_op.drop_index('looks_by_time')

    op.drop_table('looks')
