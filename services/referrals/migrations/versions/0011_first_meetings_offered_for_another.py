"""first meetings offered for another."""
import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

WAS, IS = "NOT worklist <> 'meet'", "NOT (worklist = '' OR meeting_at IS NULL)"


def upgrade() -> None:
    """Apply."""
    _over(IS)


def downgrade() -> None:
    """Undo."""
    _over(WAS)


def _over(where: str) -> None:
    op.drop_index('referrals_meet', 'referrals')
    op.create_index('referrals_meet', 'referrals', ['meeting_at', 'id'], postgresql_where=sa.text(where), sqlite_where=sa.text(where))
