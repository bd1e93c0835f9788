"""what each referral says of its citizen."""
import json

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

WHO = ('name', 'nhs_number', 'date_of_birth')
REACH = ('telephone', 'email', 'contact_by', 'address', 'contact_when', 'interpreter', 'access_needs', 'do_not', 'next_of_kin')
KEY = sa.Uuid(as_uuid=False)
people = sa.table('people', sa.column('id', KEY), *(sa.column(name, sa.Text()) for name in (*WHO, *REACH)))
referrals = sa.table('referrals', *(sa.column(name, KEY) for name in ('id', 'citizen', 'sent_by', 'practitioner')))
particulars = sa.table('particulars', sa.column('referral', KEY), *(sa.column(name, sa.Text()) for name in (*WHO, *REACH)))
amended = sa.table('amended', sa.column('referral', KEY), sa.column('here', sa.Boolean()))
aggregates = sa.table('aggregates', sa.column('id', KEY), sa.column('state', sa.Text()))


def upgrade() -> None:
    """Apply."""
    op.create_table('particulars',
    sa.Column('referral', sa.Uuid(as_uuid=False), nullable=False),
    *(sa.Column(name, sa.Text(), nullable=True) for name in (*WHO, *REACH)),
    sa.PrimaryKeyConstraint('referral')
    )
    with op.batch_alter_table('particulars', schema=None) as batch_op:
        batch_op.create_index('particulars_nhs_number', ['nhs_number'], unique=False)
        batch_op.create_index('particulars_date_of_birth', ['date_of_birth'], unique=False)
    with op.batch_alter_table('amended', schema=None) as batch_op:
        batch_op.add_column(sa.Column('here', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('on_record', sa.Boolean(), server_default=sa.true(), nullable=False))
    _fill()


def downgrade() -> None:
    """Undo."""
    op.drop_table('said_words')
    with op.batch_alter_table('amended', schema=None) as batch_op:
        batch_op.drop_column('on_record')
        batch_op.drop_column('here')
    op.drop_table('particulars')


def _fill() -> None:
    """Take what stands for what was sent; where several people sent it nobody can say who said what, so it is shown to none of them (R-13)."""
    one, other = referrals.alias('one'), referrals.alias('other')
    by_another = sa.or_(other.c.sent_by != one.c.sent_by, other.c.practitioner.is_distinct_from(one.c.practitioner))
    is_shared = sa.exists().where(other.c.citizen == one.c.citizen, other.c.id != one.c.id, by_another)
    said = [sa.case((is_shared, sa.null()), else_=people.c[name]).label(name) for name in REACH]
    stands = sa.select(one.c.id, *(people.c[name] for name in WHO), *said).select_from(one.join(people, people.c.id == one.c.citizen))
    op.execute(particulars.insert().from_select(['referral', *WHO, *REACH], stands))
    op.execute(amended.update().where(amended.c.referral.in_(sa.select(one.c.id).where(is_shared))).values(here=False))
    _fill_numbers(op.get_bind())
    _spell(op.get_bind(), op.create_table(
        'said_words',
        sa.Column('word', sa.Text().with_variant(sa.Text(collation='C'), 'postgresql'), nullable=False),
        sa.Column('whose', sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint('word', 'whose')))
    op.create_index('said_words_of', 'said_words', ['whose', 'word'])


def _fill_numbers(connection: sa.engine.Connection) -> None:
    """Write the numbers that are kept as somebody else's until it is known whose they are."""
    in_doubt = sa.select(aggregates.c.id, aggregates.c.state).where(aggregates.c.state.contains('"number_of":"'))
    for id_, state in connection.execute(in_doubt).all():
        number = sa.select(people.c.nhs_number).where(people.c.id == json.loads(state)['number_of']).scalar_subquery()
        connection.execute(particulars.update().where(particulars.c.referral == id_).values(nhs_number=number))


def _spell(connection: sa.engine.Connection, said_words: sa.Table) -> None:
    """Write by which words a referral is found, in the way the service of this release does."""
    from services.referrals.spelling import kept
    named = connection.execute(sa.select(particulars.c.referral, particulars.c.name).where(particulars.c.name.is_not(None))).all()
    if made := [{'word': word, 'whose': id_} for id_, name in named for word in sorted(kept(name))]:
        connection.execute(said_words.insert(), made)
