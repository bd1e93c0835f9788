"""found by any word of the name."""
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

GOES_ON = "stage NOT IN ('declined', 'withdrawn') AND journey_closes_on IS NULL"
WORKED_WITH = "stage = 'accepted' AND development_worker IS NOT NULL AND flag <> 'died'"
ORDERS = (('time', 'received_at'), ('target', 'target_on'))


def parts(decide: str, named_person: str, hospital: str, lapsing: str, unallocated: str, worked_with: dict[str, tuple[list[str], str]]) -> dict[str, tuple[list[str], str]]:
    """Give the indexes of the lists that few referrals are in: columns, and the condition."""
    return {
        **{f'referrals_{name}_by_{order}': ([column, 'id'], where) for order, column in ORDERS
           for name, where in (('decide', decide), ('named_person', named_person), ('hospital', hospital))},
        'referrals_lapsing': (['lapses_on', 'id'], lapsing), 'referrals_unallocated': (['received_at', 'id'], unallocated), **worked_with}


WAS = parts(
    "complete_until <> ''", f"named_person_needed AND {GOES_ON}", f"flag = 'inpatient' AND {GOES_ON}", f"lapses_on <> '' AND {GOES_ON}",
    "stage NOT IN ('declined', 'withdrawn') AND development_worker IS NULL AND due_on <> ''",
    {'referrals_worked_with': (['development_worker'], f"{WORKED_WITH} AND journey_closes_on IS NULL"),
     'referrals_closing': (['journey_closes_on', 'development_worker'], f"{WORKED_WITH} AND journey_closes_on IS NOT NULL")})
IS = parts(
    "(complete_until <> '' OR to_decline)", "named_person_needed", "flag = 'inpatient' AND goes_on", "lapses_on <> ''",
    "goes_on AND development_worker IS NULL AND due_on <> ''",
    {'referrals_worked_with': (['development_worker'], "goes_on AND stage = 'accepted' AND development_worker IS NOT NULL")})
#: What is known of a referral without reading what was said of it.
FILLED = sa.text("""
UPDATE referrals SET
 goes_on = stage IN ('open', 'accepted') AND flag <> 'died' AND (journey_closes_on IS NULL OR journey_closes_on >= :today),
 lapses_on = CASE WHEN stage IN ('open', 'accepted') AND journey_closes_on IS NULL THEN lapses_on ELSE '' END,
 named_person_needed = named_person_needed AND (journey_closes_on IS NULL OR journey_closes_on >= :today)
""")
#: The rest is written when the service next looks at them.
LOOKED_AT = """
UPDATE aggregates SET next_look_at = '2000-01-01T00:00:00.000000Z' WHERE id IN (
 SELECT aggregate FROM referrals WHERE stage = 'open' OR stage = 'accepted' AND journey_closes_on IS NOT NULL)
"""
#: Names in the directory are compared without these as well.
STROKES = {'ł': 'l', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'ħ': 'h', 'ı': 'i', 'æ': 'ae', 'œ': 'oe', 'þ': 'th'}


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('to_decline', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('goes_on', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.get_bind().execute(FILLED, {'today': date.today().isoformat()})
    op.execute(LOOKED_AT)
    _over(WAS, IS)
    op.drop_index('people_begins', 'people')
    _spell(op.create_table(
        'name_words',
        sa.Column('word', sa.Text().with_variant(sa.Text(collation='C'), 'postgresql'), nullable=False),
        sa.Column('whose', sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint('word', 'whose')))
    op.create_index('name_words_of', 'name_words', ['whose', 'word'])
    for table, column in (('members', 'found_by'), ('members', 'sorted_by'), ('teams', 'found_by')):
        for letter, plain in STROKES.items():
            kept = sa.column(column)
            op.execute(sa.table(table, kept).update().where(kept.contains(letter)).values({column: sa.func.replace(kept, letter, plain)}))


def downgrade() -> None:
    """Undo."""
    op.drop_table('name_words')
    begins = sa.func.lower(sa.column('name')).label('begins')
    op.create_index('people_begins', 'people', [begins], postgresql_ops={'begins': 'text_pattern_ops'})
    _over(IS, WAS)
    with op.batch_alter_table('referrals', schema=None) as batch_op:
        batch_op.drop_column('goes_on')
        batch_op.drop_column('to_decline')


def _over(gone: dict[str, tuple[list[str], str]], made: dict[str, tuple[list[str], str]]) -> None:
    for name in gone:
        op.drop_index(name, 'referrals')
    for name, (columns, where) in made.items():
        op.create_index(name, 'referrals', columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def _spell(name_words: sa.Table) -> None:
    """Write by which words citizens are found, in the way the service of this release does."""
    from services.referrals.spelling import kept
    people = sa.table('people', sa.column('id', sa.Uuid(as_uuid=False)), sa.column('kind'), sa.column('name'))
    connection = op.get_bind()
    named = connection.execute(sa.select(people.c.id, people.c.name).where(people.c.kind == 'citizen')).all()
    if made := [{'word': word, 'whose': id_} for id_, name in named for word in sorted(kept(name))]:
        connection.execute(name_words.insert(), made)
