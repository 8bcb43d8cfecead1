"""Django Channels as its tutorial teaches it: an asynchronous consumer, the ORM, the channel layer in Redis."""

import os
from urllib.parse import parse_qs

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="for a measure alone",
    INSTALLED_APPS=["channels"],
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["PGHOST"],
            "PORT": os.environ["PGPORT"],
            "USER": os.environ["PGUSER"],
            "NAME": os.environ["PGDATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
        }
    },
)
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402 - Django wants its settings first
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Line(models.Model):
    id = models.BigAutoField(primary_key=True)
    room = models.TextField()
    author = models.TextField()
    body = models.TextField()

    class Meta:
        app_label = "channels"
        db_table = "line"


class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        query = parse_qs(self.scope["query_string"].decode())
        self.group, self.author = f"room-{query['room'][0]}", query["author"][0]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send_json("joined")

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, said: dict) -> None:
        line = await Line.objects.acreate(room=said["room"], author=self.author, body=said["body"])
        event = {"type": "chat.line", "id": line.id, "author": self.author, "body": said["body"]}
        await self.channel_layer.group_send(self.group, event)

    async def chat_line(self, event: dict) -> None:
        await self.send_json({"id": event["id"], "author": event["author"], "body": event["body"]})


app = ProtocolTypeRouter({"websocket": URLRouter([path("ws", Chat.as_asgi())])})
