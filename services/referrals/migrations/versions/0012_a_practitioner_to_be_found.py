"""a practitioner to be found."""
import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

NEEDED = "practitioner_needed"
INDEXES = {'referrals_practitioner_by_target': 'target_on', 'referrals_practitioner_by_time': 'received_at'}


def upgrade() -> None:
    """Apply."""
    op.add_column('referrals', sa.Column(NEEDED, sa.Boolean(), server_default=sa.false(), nullable=False))
    for name, column in INDEXES.items():
        op.create_index(name, 'referrals', [column, 'id'], postgresql_where=sa.text(NEEDED), sqlite_where=sa.text(NEEDED))


def downgrade() -> None:
    """Undo."""
    for name in INDEXES:
        op.drop_index(name, 'referrals')
    with op.batch_alter_table('referrals') as batch_op:
        batch_op.drop_column(NEEDED)
