"""uploaded files."""
import sqlalchemy as sa
from alembic import op
from shared.database import Instant

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table('files',
    sa.Column('id', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('owner_kind', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(as_uuid=False), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('scanner', sa.Text(), nullable=False),
    sa.Column('scanned_at', Instant(), nullable=True),
    sa.Column('uploaded_by', sa.Uuid(as_uuid=False), nullable=False),
    sa.Column('uploaded_at', Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.create_index('files_by_owner', ['owner_kind', 'owner_id', 'uploaded_at'], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.drop_index('files_by_owner')

    op.drop_table('files')
