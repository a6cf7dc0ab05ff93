"""Disks that refuse writes and take them again. Needs root, and permission to mount."""
import asyncio
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import key_file  # noqa: E402
from support.events import Events  # noqa: E402
from support.server import PATIENCE, close_of, connect, receive  # noqa: E402
from support.storage import Stored  # noqa: E402
from support.transports import over  # noqa: E402


def run(*command):
    """Returns what the command prints. Raises OSError with its error."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


class Tmpfs:
    """A disk of 1 MB in memory. __enter__ raises OSError where this machine allows none."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lws-chat-disk-")
        self.disk = pathlib.Path(self.folder.name)
        try:
            run("mount", "-t", "tmpfs", "-o", "size=1m", "none", self.disk)
        except OSError:
            self.folder.cleanup()
            raise
        return self

    def __exit__(self, *_):
        run("umount", "--lazy", self.disk)
        self.folder.cleanup()


class Ext4:
    """An ext4 file system that becomes read-only at its first fault. __enter__ raises OSError where this machine has none."""

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self.folder = pathlib.Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="lws-chat-disk-")))
            image = self.folder / "image"
            with open(image, "wb") as made:
                made.truncate(32 << 20)
            run("mkfs.ext4", "-q", image)
            self.device = run("losetup", "--find", "--show", image)
            undo.callback(run, "losetup", "--detach", self.device)
            self.disk = self.folder / "disk"
            self.disk.mkdir()
            self.mount()
            undo.callback(run, "umount", "--lazy", self.disk)
            self.fault = pathlib.Path("/sys/fs/ext4", pathlib.Path(self.device).name, "trigger_fs_error")
            if not os.access(self.fault, os.W_OK):
                raise OSError(f"{self.fault}: cannot be written")
            self.undo = undo.pop_all()
            return self

    def __exit__(self, *_):
        self.undo.close()

    def mount(self):
        run("mount", "-o", "errors=remount-ro", self.device, self.disk)

    def fail(self):
        self.fault.write_text("1")

    def repair(self):
        """The kernel takes such a disk for writing only after it was unmounted everywhere: a test that runs beside this one
        in a mount namespace of its own has the disk mounted, too, until it ends."""
        run("umount", self.disk)
        deadline = time.monotonic() + PATIENCE
        while (check := subprocess.run(["e2fsck", "-p", self.device], capture_output=True, text=True)).returncode >= 4:
            if time.monotonic() > deadline:
                raise AssertionError(check.stdout + check.stderr)
            time.sleep(0.1)
        self.mount()


def problem_with(kind):
    try:
        with kind():
            return ""
    except OSError as why:
        return str(why)


NO_TMPFS, NO_EXT4 = problem_with(Tmpfs), problem_with(Ext4)
TEMPORARY = 100


class OnDisk(Stored):
    def serve(self, disk, **options):
        return super().serve(self.vhost(**{"storage": disk / "rooms.db", "api_key_file": key_file(self), "metrics": 1, "health": 1,
                                           "history_age": 86400, **options}))

    async def ready(self):
        return (await self.ask("/readyz", key=None)).status


@unittest.skipIf(NO_TMPFS, f"SKIPPED: this machine allows no tmpfs: {NO_TMPFS}")
@over("plain")
class FullDisk(OnDisk):
    def serve(self, **options):
        self.disk = self.enterContext(Tmpfs()).disk
        return super().serve(self.disk, **options)

    def fill(self):
        """Nothing is left on the disk."""
        with open(self.disk / "ballast", "ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 4096)

    def make_room(self):
        (self.disk / "ballast").unlink()

    async def publishing_fails(self):
        """Publishes until the disk takes no more. Returns the data of what was accepted."""
        taken = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = await self.ask("/pub/lobby", f"{len(taken)}".encode() + b"y" * 2000)
            if answer.status == 503:
                return taken
            self.assertEqual(answer.status, 200, answer.body)
            taken.append(len(taken))
        self.fail("the disk never fills")

    async def published_again(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = await self.ask("/pub/lobby", b"again")
            if answer.status == 200:
                return
            self.assertEqual(answer.status, 503, answer.body)
            self.assertLess(time.monotonic(), deadline, "it does not go on")
            await asyncio.sleep(0.05)

    async def until_ready_is(self, status):
        deadline = time.monotonic() + PATIENCE
        while await self.ready() != status:
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.02)

    async def test_a_full_disk_refuses_publications_in_durable_rooms_only_and_goes_on_by_itself(self):
        self.serve(**{"free/durable": 0})
        reader = await self.texter()
        stream = await Events.open(self.server.url_of(path="/sse/lobby").replace("ws", "http", 1))
        self.addAsyncCleanup(stream.hang_up)
        await stream.next()
        member, waiting = await self.member("lobby"), await self.texter()
        free = await self.member("free:room")
        self.assertEqual(await self.ready(), 200)
        self.fill()
        taken = await self.publishing_fails()
        # The structured dialect, the HTTP API, and a text client.
        reply = await member.ask("publish", channel="lobby", data="z" * 5000)
        self.assertEqual((reply["error"]["code"], reply["error"].get("temporary")), (TEMPORARY, True))
        self.assertEqual((await self.call("publish", {"channel": "lobby", "data": "z" * 5000}, status=503))["error"]["code"], TEMPORARY)
        began = time.monotonic()
        await waiting.send("w" * 5000)
        code, _reason = await close_of(waiting)
        self.assertEqual(code, 1013)
        self.assertTrue(3 < time.monotonic() - began < 15, time.monotonic() - began)
        self.assertEqual(await self.ready(), 503)
        said = await self.metrics()
        self.assertEqual(said["lws_chat_storage_failing"], 1)
        self.assertGreater(said["lws_chat_storage_failures_total"], 0)
        self.assertGreater(said["lws_chat_storage_refused_total"], 0)
        self.assertEqual(len(self.server.chat_log("storage ", "rooms.db", "cannot be written")), 1, self.server.log())
        # Rooms that are not durable go on, and readers stay.
        self.assertIn("publish", await free.ask("publish", channel="free:room", data="free"))
        self.assertEqual(await free.data(), "free")
        self.make_room()
        await self.published_again()
        await self.until_ready_is(200)
        await self.server.logged("storage ", "rooms.db", "are written again")
        expected = [f"{i}" + "y" * 2000 for i in taken] + ["again"]
        self.assertEqual([await receive(reader) for _ in expected], expected)
        self.assertEqual([(await stream.next()).data for _ in expected], expected)
        messages, position = await self.history()
        self.assertEqual(messages[-1], (len(expected), "again"))
        self.restart()
        self.assertEqual(await self.history(), (messages, position))

    async def test_a_text_client_that_waits_is_served_when_there_is_room_within_5_seconds(self):
        self.serve()
        writer, reader = await self.texter(), await self.texter()
        # The room is opened when they come, which writes to the disk, too.
        await writer.send("hello")
        self.assertEqual([await receive(client) for client in (writer, reader)], ["hello"] * 2)
        self.fill()
        taken = await self.publishing_fails()
        for i in range(20):
            await writer.send(f"{i} " + "w" * 3000)
        await asyncio.sleep(1)
        self.make_room()
        for i in taken:
            self.assertEqual(await receive(reader), f"{i}" + "y" * 2000)
        self.assertEqual([await receive(reader) for i in range(20)], [f"{i} " + "w" * 3000 for i in range(20)])

    async def test_a_full_disk_does_not_keep_known_rooms_from_being_read(self):
        self.serve(history_in_memory=1)
        for i in range(20):
            await self.publish(i)
        self.fill()
        await self.publishing_fails()
        messages, _ = await self.history()
        self.assertEqual(messages[:20], [(i + 1, i) for i in range(20)])


@unittest.skipIf(NO_EXT4, f"SKIPPED: this machine cannot make an ext4 disk fail: {NO_EXT4}")
@over("plain")
class FailingDisk(OnDisk):
    async def test_a_disk_that_becomes_read_only_refuses_publications_and_what_was_accepted_is_there_after_its_repair(self):
        device = self.enterContext(Ext4())
        self.serve(device.disk)
        reader = await self.texter()
        await self.publish("before")
        device.fail()
        refused = await self.ask("/pub/lobby", b"refused")
        self.assertEqual(refused.status, 503, refused.body)
        self.assertEqual(await self.ready(), 503)
        await self.server.logged("storage ", "rooms.db", "cannot be written")
        messages, position = await self.history()
        self.assertEqual(messages, [(1, "before")])
        self.assertEqual(await receive(reader), "before")
        self.stop()
        device.repair()
        self.start()
        await self.publish("after")
        self.assertEqual(await self.history(), ([(1, "before"), (2, "after")], {**position, "offset": 2}))
        self.stop()


if __name__ == "__main__":
    unittest.main()
