"""citizens to tell."""
import sqlalchemy as sa
from alembic import op

from shared.database import Instant

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

TELL = "tell_since IS NOT NULL"
#: What citizens who referred themselves have yet to be told is written when the service next looks at them.
LOOKED_AT = """
UPDATE aggregates SET next_look_at = '2000-01-01T00:00:00.000000Z' WHERE id IN (
 SELECT aggregate FROM referrals WHERE practitioner IS NULL AND stage IN ('accepted', 'declined', 'withdrawn'))
"""


def upgrade() -> None:
    """Apply."""
    op.add_column('referrals', sa.Column('tell', sa.Text(), server_default='', nullable=False))
    op.add_column('referrals', sa.Column('tell_since', Instant(), nullable=True))
    op.create_index('referrals_tell', 'referrals', ['tell_since', 'id'], postgresql_where=sa.text(TELL), sqlite_where=sa.text(TELL))
    op.execute(LOOKED_AT)
    op.create_table(
        'messages',
        sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
        sa.Column('referral', sa.Uuid(as_uuid=False), nullable=False),
        sa.Column('at', Instant(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id'))
    op.create_index('ix_messages_referral', 'messages', ['referral'])


def downgrade() -> None:
    """Undo."""
    op.drop_table('messages')
    op.drop_index('referrals_tell', 'referrals')
    with op.batch_alter_table('referrals') as batch_op:
        batch_op.drop_column('tell_since')
        batch_op.drop_column('tell')
