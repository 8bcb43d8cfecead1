"""FastAPI with asyncpg and a table of rooms in memory, as its WebSocket tutorial shows it: one INSERT a message."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

KEEP = "insert into line (room, author, body) values ($1, $2, $3) returning id"
rooms: defaultdict[str, set[WebSocket]] = defaultdict(set)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """PGHOST, PGPORT, PGUSER and PGDATABASE lead to the database."""
    async with asyncpg.create_pool(min_size=8, max_size=16) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws")
async def chat(socket: WebSocket, room: str, author: str) -> None:
    await socket.accept()
    rooms[room].add(socket)
    await socket.send_json("joined")
    try:
        while True:
            said = await socket.receive_json()
            id = await app.state.pool.fetchval(KEEP, said["room"], author, said["body"])
            for other in list(rooms[room]):
                await other.send_json({"id": id, "author": author, "body": said["body"]})
    except WebSocketDisconnect:
        rooms[room].discard(socket)
