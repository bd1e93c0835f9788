"""people no longer referred."""
import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('former',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('aggregate', sa.Uuid(as_uuid=False), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('former', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_former_aggregate'), ['aggregate'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('former', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_former_aggregate'))

    op.drop_table('former')
