"""what is written and not sent yet."""
import sqlalchemy as sa
from alembic import op
from shared.database import Instant

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('drafts',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('owner', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('pathway', sa.Text(), nullable=False),
    sa.Column('self_referral', sa.Boolean(), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('made_at', Instant(), nullable=False),
    sa.Column('changed_at', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=False),
    sa.Column('sent', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('drafts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_drafts_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_drafts_owner'), ['owner'], unique=False)

    op.create_table('public_uses',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('public_uses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_public_uses_at'), ['at'], unique=False)
        batch_op.create_index('public_uses_by_address', ['what', 'address', 'at'], unique=False)



def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('public_uses', schema=None) as batch_op:
        batch_op.drop_index('public_uses_by_address')
        batch_op.drop_index(batch_op.f('ix_public_uses_at'))

    op.drop_table('public_uses')
    with op.batch_alter_table('drafts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_drafts_owner'))
        batch_op.drop_index(batch_op.f('ix_drafts_expires_at'))

    op.drop_table('drafts')
