"""More of everything than the limits allow. Other clients go on."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server  # noqa: E402
from support.server import receive  # noqa: E402
from support.transports import ALL, Transport, over  # noqa: E402
from support.wire import BINARY, CONTINUATION, TEXT, Wire, frame, header  # noqa: E402


@over(*ALL)
class Sizes:
    LIMIT = 1000

    async def start(self):
        self.serve(max_message=self.LIMIT, binary="relay")
        return await self.dial(), await self.join()

    async def refused(self, sender, other):
        self.assertEqual(await sender.close_code(), 1009)
        await sender.abandon()
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")
        await self.server.logged("left (1009", "clients: 1")

    async def test_a_message_of_exactly_max_message_is_accepted(self):
        sender, other = await self.start()
        text = "x" * self.LIMIT
        sender.send(frame(text))
        self.assertEqual(await receive(other), text)
        sender.send(frame(text[:400], final=False) + frame(text[400:], CONTINUATION))
        self.assertEqual(await receive(other), text)

    async def test_the_limit_counts_bytes_not_characters(self):
        sender, other = await self.start()
        sender.send(frame("喔" * (self.LIMIT // 3 + 1)))
        await self.refused(sender, other)

    async def test_a_message_of_one_byte_more_gets_1009(self):
        sender, other = await self.start()
        sender.send(frame("x" * (self.LIMIT + 1)))
        await self.refused(sender, other)

    async def test_a_binary_message_over_the_limit_gets_1009(self):
        sender, other = await self.start()
        sender.send(frame(b"\0" * (self.LIMIT + 1), BINARY))
        await self.refused(sender, other)

    async def test_fragments_that_exceed_the_limit_together_get_1009(self):
        sender, other = await self.start()
        for i in range(11):
            sender.send(frame("x" * 91, CONTINUATION if i else TEXT, final=False))
        await self.refused(sender, other)

    async def test_endless_fragments_get_1009(self):
        sender, other = await self.start()
        sender.send(frame("x", final=False) + frame("xx", CONTINUATION, final=False) * self.LIMIT)
        await self.refused(sender, other)

    async def test_a_huge_length_is_refused_when_its_first_byte_comes(self):
        sender, other = await self.start()
        sender.send(header(2**40) + b"\0\0\0\0" + b"x")
        await self.refused(sender, other)

    async def test_a_length_just_over_the_limit_is_refused_when_its_first_byte_comes(self):
        sender, other = await self.start()
        sender.send(header(self.LIMIT + 1) + b"\0\0\0\0" + b"x")
        await self.refused(sender, other)

    async def test_a_length_with_the_top_bit_set_is_refused(self):
        sender, other = await self.start()
        sender.send(header(2**63 + 5) + b"\0\0\0\0" + b"x")
        self.assertIn(await sender.close_code(), (1002, 1009, None))
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_messages_of_a_client_after_1009_are_ignored(self):
        sender, other = await self.start()
        sender.send(frame("x" * (self.LIMIT + 1)) + frame("not heard"))
        await self.refused(sender, other)


@over(*ALL)
class TooMany:
    async def test_a_client_above_max_clients_gets_503_until_one_leaves(self):
        self.serve(max_clients=2)
        first, second = await self.join(), await self.join()
        for _ in range(3):
            self.assertEqual(await self.status(), 503)
        await self.server.logged("refused 127.0.0.1 with 503")
        await first.close()
        await self.gone(1)
        third = await self.join()
        await third.send("hello")
        self.assertEqual(await receive(second), "hello")

    async def test_max_clients_0_is_no_limit(self):
        self.serve(max_clients=0)
        clients = [await self.join() for _ in range(20)]
        await clients[0].send("hello")
        self.assertEqual(await receive(clients[-1]), "hello")


class Descriptors(Transport):
    async def test_without_free_descriptors_clients_go_on_and_the_log_has_one_line(self):
        self.serve(server={"descriptors": 100})
        clients = []
        while await self.status() == 101:
            clients.append(await self.dial())
        self.assertGreater(len(clients), 40)
        for _ in range(20):
            self.assertIn(await self.status(), (503, None))
        clients[0].send(frame("still here"))
        for client in clients:
            self.assertEqual(await client.message(), (TEXT, b"still here"))
        self.assertEqual(len(self.server.chat_log("out of file descriptors")), 1)
        for client in clients[10:15]:
            await client.abandon()
        await self.gone(len(clients) - 5)
        newcomer = await self.dial()
        newcomer.send(frame("back again"))
        self.assertEqual(await clients[0].message(), (TEXT, b"back again"))

    @unittest.skipIf(server.HOST == "lwsws", "lwsws accepts for itself, and logs each failure")
    async def test_a_very_small_descriptor_limit_does_not_flood_the_log(self):
        self.serve(server={"descriptors": 40})
        client = await self.dial()
        for _ in range(60):
            self.addAsyncCleanup((await Wire.open(self.url)).abandon)
        client.send(frame("still here"))
        self.assertEqual(await client.message(), (TEXT, b"still here"))
        self.assertEqual(len(self.server.chat_log("out of file descriptors")), 1)
        self.assertLess(self.server.log_path.stat().st_size, 100_000)

    @unittest.skipIf(server.HOST == "lwsws", "lwsws accepts for itself, and logs each failure")
    async def test_silent_connections_that_use_all_descriptors_do_not_flood_the_log(self):
        self.serve(server={"descriptors": 100})
        client = await self.dial()
        for _ in range(120):
            self.addAsyncCleanup((await Wire.open(self.url)).abandon)
        for i in range(20):
            client.send(frame(f"still here {i}"))
            self.assertEqual(await client.message(), (TEXT, f"still here {i}".encode()))
        self.assertLess(self.server.log_path.stat().st_size, 100_000)


if __name__ == "__main__":
    unittest.main()
