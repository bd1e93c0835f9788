"""who follows, and what is told."""
import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

FOLLOWS = ("successor", "successor_team")
#: Who is the practitioner today, and who follows, is written when the service next looks at what goes on.
LOOKED_AT = """
UPDATE aggregates SET next_look_at = '2000-01-01T00:00:00.000000Z' WHERE id IN (
 SELECT aggregate FROM referrals WHERE stage IN ('open', 'accepted'))
"""


def upgrade() -> None:
    """Apply."""
    op.add_column('referrals', sa.Column('successor', sa.Uuid(as_uuid=False), nullable=True))
    op.add_column('referrals', sa.Column('successor_team', sa.Text(), nullable=True))
    op.add_column('referrals', sa.Column('told_flag', sa.Text(), server_default='', nullable=False))
    for name in FOLLOWS:
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(f'referrals_of_{name}', 'referrals', [name, 'received_at', 'id'], postgresql_where=where, sqlite_where=where)
    # until now nothing was kept from whoever sent it
    op.execute("UPDATE referrals SET told_flag = flag WHERE flag <> ''")
    op.execute(LOOKED_AT)


def downgrade() -> None:
    """Undo."""
    for name in FOLLOWS:
        op.drop_index(f'referrals_of_{name}', 'referrals')
    with op.batch_alter_table('referrals') as batch_op:
        for name in ('told_flag', *reversed(FOLLOWS)):
            batch_op.drop_column(name)
