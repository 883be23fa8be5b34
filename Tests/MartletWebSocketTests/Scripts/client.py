"""Speaks to an echo server as Python's websockets does. Usage: client.py PORT; silent when all went well."""

import asyncio
import sys

import websockets
from websockets import connect


async def main(url):
    async with connect(url, subprotocols=["other", "chat"], max_size=None) as socket:
        assert socket.subprotocol == "chat", socket.subprotocol
        for message in ("", "grüße", "x" * 65536, b"", bytes(range(256)), b"\x00" * (1 << 20)):
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(["in ", "three ", "pieces"])
        assert await socket.recv() == "in three pieces"
        await asyncio.wait_for(await socket.ping(b"hello"), 10)
        messages = [f"message {number}" for number in range(2000)]

        async def send():
            for message in messages:
                await socket.send(message)

        sending = asyncio.create_task(send())
        assert [await socket.recv() for _ in messages] == messages
        await sending
        await socket.close(4321, "enough")
        assert (socket.close_code, socket.close_reason) == (4321, ""), (socket.close_code, socket.close_reason)
    async with connect(url, max_size=None) as socket:
        try:
            await socket.send(b"\x00" * ((1 << 20) + 1))
            await socket.recv()
            raise AssertionError("a message too long was taken")
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed


asyncio.run(asyncio.wait_for(main(f"ws://127.0.0.1:{sys.argv[1]}/chat"), 60))
