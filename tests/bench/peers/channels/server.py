"""The tutorial's chat on Django Channels: each message goes to the whole group.

    python3 -m daphne -b 127.0.0.1 -p PORT server:application

With CHANNELS_REDIS, the URL of a Redis server, all servers with the same one are one chat.
"""
import os
import re

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import re_path

# The default capacity of 100 messages per client would drop messages.
LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 100_000}}
if "CHANNELS_REDIS" in os.environ:
    LAYER["BACKEND"] = "channels_redis.core.RedisChannelLayer"
    LAYER["CONFIG"]["hosts"] = [os.environ["CHANNELS_REDIS"]]

settings.configure(
    SECRET_KEY="for the benchmark only",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": LAYER},
)
http = get_asgi_application()


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = re.sub(r"[^\w.-]", "", self.scope["url_route"]["kwargs"]["room"]) or "lobby"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": text_data})

    async def chat_message(self, event):
        await self.send(text_data=event["message"])


application = ProtocolTypeRouter({
    "http": http,
    "websocket": URLRouter([re_path(r"^chat/(?P<room>.*)$", ChatConsumer.as_asgi())]),
})
