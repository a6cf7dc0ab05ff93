"""Event streams that are cut many times and resumed with Last-Event-ID."""
import asyncio
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import receive  # noqa: E402
from support.streams import Streams  # noqa: E402
from support.transports import ALL, over  # noqa: E402


@over(*ALL)
class Cuts(Streams):
    MESSAGES = 400  # per room

    async def talk(self, rooms, chance):
        talkers = [(room, await self.talker(room)) for room in rooms]

        async def say(room, talker, number):
            text = f"{room} {number} ".ljust(chance.choice((10, 100, 3000)), "x")
            await talker.send(text)
            self.assertEqual(await receive(talker), text)

        for number in range(self.MESSAGES):
            await asyncio.gather(*(say(room, talker, number) for room, talker in talkers))
            await asyncio.sleep(chance.random() * 0.006)

    async def events_over_cuts(self, path, at, wanted, chance):
        """Reads so many messages. The stream is cut at any byte, then resumed at the last position."""
        got, cuts = [], 0
        while len(got) < wanted:
            reader = await self.read(path, last_event_id=at)
            most = chance.randrange(1, chance.choice((300, 3000, 30000)))
            while len(reader.all) < most and len(got) < wanted:
                self.assertTrue(await reader.more(most - len(reader.all)), "the server did not end it")
                got += [event for event in reader.events if event.type != "position"]
                reader.events.clear()
            self.assertNotIn("gap", [event.type for event in got], at)
            at = reader.last_id or at
            await reader.hang_up()
            cuts += 1
        return got, cuts

    async def check(self, path, *rooms):
        seed = time.time_ns() % 2**32
        with self.subTest(seed=seed):
            chance = random.Random(seed)
            self.serve(history_size=10_000, history_bytes=100_000_000)
            first = await self.read(path)
            await first.take(len(rooms))
            await first.hang_up()
            talking = asyncio.create_task(self.talk(rooms, chance))
            got, cuts = await self.events_over_cuts(path, first.last_id, self.MESSAGES * len(rooms), chance)
            await talking
            self.assertGreater(cuts, 10)
            for room in rooms:
                said = [event for event in got if event.data.startswith(f"{room} ")]
                numbers = [int(event.data.split(" ")[1]) for event in said]
                self.assertEqual(numbers, list(range(self.MESSAGES)), f"of {room}, each once and in order")
                self.assertEqual({event.type for event in said}, {room if len(rooms) > 1 else "message"})

    async def test_a_stream_of_one_room_loses_nothing_despite_many_cuts(self):
        await self.check("/sse/lobby", "lobby")

    async def test_a_stream_of_several_rooms_loses_nothing_despite_many_cuts(self):
        await self.check("/sse/?room=a&room=b&room=c", "a", "b", "c")


if __name__ == "__main__":
    unittest.main()
