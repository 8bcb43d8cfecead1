"""Litestar with psycopg and its channels plugin in memory, as its documentation shows it: one INSERT a message."""

import msgspec
import psycopg_pool
from litestar import Litestar, WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend

KEEP = "insert into line (room, author, body) values (%s, %s, %s) returning id"
pool = psycopg_pool.AsyncConnectionPool(min_size=8, max_size=16, open=False, kwargs={"autocommit": True})
"""PGHOST, PGPORT, PGUSER and PGDATABASE lead to the database."""


@websocket("/ws")
async def chat(socket: WebSocket, channels: ChannelsPlugin, room: str, author: str) -> None:
    await socket.accept()
    async with channels.start_subscription(room) as subscription, subscription.run_in_background(socket.send_text):
        await socket.send_json("joined")
        async for said in socket.iter_json():
            async with pool.connection() as connection:
                cursor = await connection.execute(KEEP, (said["room"], author, said["body"]))
                (id,) = await cursor.fetchone()
            line = {"id": id, "author": author, "body": said["body"]}
            channels.publish(msgspec.json.encode(line), room)


app = Litestar(
    [chat],
    plugins=[ChannelsPlugin(MemoryChannelsBackend(), arbitrary_channels_allowed=True)],
    on_startup=[pool.open],
    on_shutdown=[pool.close],
)
