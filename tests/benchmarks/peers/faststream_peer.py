"""FastStream with SQLAlchemy's asynchronous session, one transaction per message, and a relay beside it.

As its documentation shows it: the session comes by dependency injection, the message is acknowledged when the handler
returns, and a prefetch bounds how many run at once (of 10, 20 and 50 the kindest: 160, 147 and 118 events a second).
"""
from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

from faststream import AckPolicy, Depends, FastStream
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.benchmarks.peers import effect

AT_ONCE = int(os.environ.get("PEER_AT_ONCE", "10"))
#: Rows published at a time; with fewer the relay rests a tenth of a second, so that it does not live on crumbs.
RELAYED = 200
amqp, database = sys.argv[1], sys.argv[2].replace("postgresql://", "postgresql+psycopg://")
engine = create_async_engine(database, pool_size=AT_ONCE + 2)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = RabbitBroker(amqp, default_channel=Channel(prefetch_count=AT_ONCE), logger=None)
app = FastStream(broker, logger=None)
queue = RabbitQueue("intake", queue_type=QueueType.QUORUM, durable=True)
events = RabbitExchange("peer.events", type=ExchangeType.TOPIC, durable=True)


async def session() -> AsyncIterator[AsyncSession]:
    """Give the handler a session."""
    async with sessions() as made:
        yield made


@broker.subscriber(queue, ack_policy=AckPolicy.NACK_ON_ERROR)
async def admitted(event: dict[str, Any], session: Annotated[AsyncSession, Depends(session)]) -> None:
    """Take one admission."""
    async with session.begin():
        steps = effect.admitted(event)
        result = None
        try:
            while True:
                result = await session.execute(steps.send(result))
        except StopIteration:
            pass


@app.after_startup
async def start_relay() -> None:
    """Publish beside the consumer, for as long as the program runs."""
    global relaying
    relaying = asyncio.create_task(relay())


async def relay() -> None:
    """Publish what waits, two hundred at a time, each with its confirm."""
    publisher_channel = Channel(prefetch_count=AT_ONCE, publisher_confirms=True)
    publisher = RabbitBroker(amqp, default_channel=publisher_channel, logger=None)
    await publisher.connect()
    await publisher.declare_exchange(events)
    while True:
        async with sessions.begin() as made:
            rows = (await made.execute(effect.waiting(RELAYED))).all()
            await asyncio.gather(*(publisher.publish(row.body, exchange=events, routing_key=row.routing_key,
                                                     message_id=row.event_id, persist=True) for row in rows))
            if rows:
                await made.execute(effect.mark([row.id for row in rows]))
        if len(rows) < RELAYED:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(app.run())
