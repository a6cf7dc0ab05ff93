"""WebSocket clients in the text dialect, which accept any certificate."""
import asyncio

import websockets

from machine import PATIENCE, any_certificate


def connect(url="wss://localhost:8443/chat/"):
    return websockets.connect(url, ssl=any_certificate() if url.startswith("wss") else None, open_timeout=PATIENCE)


async def hear(client, text):
    while await asyncio.wait_for(client.recv(), PATIENCE) != text:
        pass


async def echo(client, text):
    """The client sends a text and gets it back."""
    await client.send(text)
    await hear(client, text)


def talks(url):
    """Asserts that two clients get each other's messages."""
    async def once():
        async with connect(url) as one, connect(url) as other:
            await echo(one, "is anybody here?")
            await hear(other, "is anybody here?")
            await echo(other, "I am")
            await hear(one, "I am")
    asyncio.run(once())
