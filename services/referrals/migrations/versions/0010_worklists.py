"""worklists."""
import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

GOES_ON = "stage NOT IN ('declined', 'withdrawn') AND journey_closes_on IS NULL"
WORKED_WITH = "stage = 'accepted' AND development_worker IS NOT NULL AND flag <> 'died'"
OLD = {
    'ix_referrals_development_worker': ['development_worker'], 'ix_referrals_named_person': ['named_person'],
    'ix_referrals_practitioner': ['practitioner'], 'ix_referrals_sent_by': ['sent_by'],
    'referrals_by_stage': ['stage', 'received_at', 'id']}
WHOLE = {
    'referrals_by_target': ['target_on', 'id'],
    **{f'referrals_of_{name}': [name, 'received_at', 'id']
       for name in ('practitioner', 'named_person', 'sent_by', 'development_worker', 'pathway')},
    **{f'referrals_{name}_by_{order}': [name, column, 'id'] for name in ('team', 'stage', 'worklist')
       for order, column in (('time', 'received_at'), ('target', 'target_on'))}}
WHERE = {
    'decide': "complete_until <> ''", 'duplicates': "duplicate", 'named_person': f"named_person_needed AND {GOES_ON}",
    'hospital': f"flag = 'inpatient' AND {GOES_ON}"}
PARTS = {
    **{f'referrals_{name}_by_{order}': ([column, 'id'], where) for name, where in WHERE.items()
       for order, column in (('time', 'received_at'), ('target', 'target_on'))},
    'referrals_lapsing': (['lapses_on', 'id'], f"lapses_on <> '' AND {GOES_ON}"),
    'referrals_late': (['late_from', 'id'], "target = 'first_meeting'"),
    'referrals_meet': (['meeting_at', 'id'], "NOT worklist <> 'meet'"),
    'referrals_unallocated': (['received_at', 'id'], "stage NOT IN ('declined', 'withdrawn') AND development_worker IS NULL AND due_on <> ''"),
    'referrals_worked_with': (['development_worker'], f"{WORKED_WITH} AND journey_closes_on IS NULL"),
    'referrals_closing': (['journey_closes_on', 'development_worker'], f"{WORKED_WITH} AND journey_closes_on IS NOT NULL")}
#: What the service writes of each referral from now on, of those it has written already.
FILLED = """
UPDATE referrals SET
 complete_from = CASE WHEN stage = 'open' THEN complete_from ELSE '' END, complete_until = CASE WHEN stage = 'open' THEN complete_until ELSE '' END,
 target_on = CASE WHEN target_on = '' THEN '9999-12-31' ELSE target_on END,
 named_person_needed = (named_person_goes OR (named_person IS NULL AND pathway IN ('core', 'sip')))
  AND stage IN ('open', 'accepted') AND flag <> 'died',
 worklist = CASE WHEN stage = 'open' AND asked AND flag <> 'died' THEN 'waiting' WHEN stage = 'open' THEN 'triage'
  WHEN stage <> 'accepted' OR flag = 'died' OR held_at IS NOT NULL OR journey_closes_on IS NOT NULL THEN ''
  WHEN development_worker IS NULL THEN 'allocate' WHEN meeting_at IS NULL THEN 'arrange' ELSE 'meet' END
"""


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('named_person_needed', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('worklist', sa.Text(), server_default='', nullable=False))
        batch_op.alter_column('target_on', existing_type=sa.Text(), existing_nullable=False, server_default='9999-12-31')
    op.execute(FILLED)
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        for name in OLD:
            batch_op.drop_index(name)
        batch_op.drop_column('named_person_goes')
    for name, columns in WHOLE.items():
        op.create_index(name, 'referrals', columns)
    for name, (columns, where) in PARTS.items():
        op.create_index(name, 'referrals', columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))
    begins = sa.func.lower(sa.column('name')).label('begins')
    op.create_index('people_begins', 'people', [begins], postgresql_ops={'begins': 'text_pattern_ops'})


def downgrade() -> None:
    """Undo."""
    op.drop_index('people_begins', 'people')
    for name in (*WHOLE, *PARTS):
        op.drop_index(name, 'referrals')
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('named_person_goes', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_column('worklist')
        batch_op.drop_column('named_person_needed')
        batch_op.alter_column('target_on', existing_type=sa.Text(), existing_nullable=False, server_default='')
    op.execute("UPDATE referrals SET target_on = '' WHERE target_on = '9999-12-31'")
    for name, columns in OLD.items():
        op.create_index(name, 'referrals', columns)
