"""The limits of uvicorn: a relay between the members of a room, without a database and without a framework; alone in a room, an echo."""

import json
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs

rooms: defaultdict[str, dict[str, Any]] = defaultdict(dict)


async def app(scope: dict, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    query = parse_qs(scope["query_string"].decode())
    room, author = query["room"][0], query["author"][0]
    await receive()
    await send({"type": "websocket.accept"})
    members = rooms[room]
    members[author] = send
    await send({"type": "websocket.send", "text": '"joined"'})
    while (message := await receive())["type"] == "websocket.receive":
        said = json.loads(message["text"])
        line = {"type": "websocket.send", "text": json.dumps({"author": author, "body": said["body"]})}
        for name, other in list(members.items()):
            if name != author or len(members) == 1:
                await other(line)
    members.pop(author, None)
