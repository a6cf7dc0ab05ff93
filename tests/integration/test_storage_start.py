"""Storage that cannot be used: the server does not start, and says why in one line that --check prints, too. In lwsws the vhost
refuses its clients with that line in the log."""
import asyncio
import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD, HOST, PATIENCE, Server, vhost  # noqa: E402
from support.storage import Stored  # noqa: E402
from support.transports import Transport  # noqa: E402

MAY_MOUNT = subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode == 0
# Runs a command for which a path is read-only, even for root.
READ_ONLY = ["unshare", "--mount", "--propagation", "private", "sh", "-euc",
             'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"', "sh"]


class Unusable(Transport):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-rooms-")))
        self.file = self.folder / "rooms.db"

    def used_once(self):
        """The file of a server that has ended."""
        with Server(vhost(storage=self.file, default_room="lobby")):
            pass
        self.assertTrue(self.file.exists())

    def refused(self, *words, within=(), file=None, checked=True):
        """The server does not start. Its line about the file has all the words. Returns that line."""
        file = file or self.file
        server = Server(vhost(storage=file), within=within)
        line = self.lwsws_line(server) if HOST == "lwsws" else self.lws_chatd_line(server, file, checked)
        for word in (str(file), *words):
            self.assertIn(word, line)
        return line

    def lws_chatd_line(self, server, file, checked):
        with self.assertRaises(AssertionError) as failed:
            with server:
                pass
        said = str(failed.exception)
        # Another try may help if another server has the file, which the check does not look at.
        self.assertIn("ended with 78" if checked else "ended with 1", said)
        [line] = [line for line in said.splitlines() if f"storage {file}" in line]
        if not checked:
            return line
        checked = Server(vhost(storage=file))
        self.addCleanup(subprocess.run, ["rm", "-r", checked.folder], check=False)
        done = subprocess.run([*server.within, BUILD / "bin/lws-chatd", "--check", "-c", checked.folder, "-p", checked.plugins],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(line[line.index(f"storage {file}"):], done.stdout)
        return line

    def lwsws_line(self, server):
        server.serving = 0
        with server:
            server.wait(lambda: server.chat_log("storage "), "the line about storage")
            answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", server.http_of(path="/chat/"),
                                     "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
                                     "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
                                    capture_output=True, text=True, timeout=PATIENCE).stdout
            self.assertEqual(answer, "503")
            [line] = server.chat_log("storage ")
            self.assertIn("refuses all clients", line)
            return line

    def test_a_file_that_another_server_uses(self):
        with Server(vhost(storage=self.file)) as first:
            line = self.refused("is in use", checked=False)
            self.assertIn(str(first.pids()), line, "it names the process")
        self.used_once()

    def test_a_file_that_another_hub_of_the_same_server_uses(self):
        server = Server(vhost("one", storage=self.file), vhost("two", storage=self.file), serving=1)
        if HOST == "lwsws":
            with server:
                server.wait(lambda: server.chat_log("vhost two", str(self.file)), "the line about the second vhost")
            return
        with self.assertRaises(AssertionError) as failed, server:
            pass
        self.assertIn("ended with 78", str(failed.exception))
        self.assertRegex(str(failed.exception), r'conf\.d/01:\d+:\d+: error: storage .* is also that of vhost "one"')

    def test_a_folder_that_is_missing(self):
        self.refused("No such file or directory", file=self.folder / "none/rooms.db")

    def test_a_file_that_is_no_database(self):
        self.file.write_bytes(b"This is not a database. " * 500)
        self.refused("is not a database")

    def test_a_database_of_another_program(self):
        with contextlib.closing(sqlite3.connect(self.file)) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
            other.commit()
        self.refused()
        with contextlib.closing(sqlite3.connect(self.file)) as other:
            self.assertEqual(other.execute("SELECT name FROM sqlite_master").fetchall(), [("recipes",)], "it is as it was")

    def test_a_database_of_a_newer_version(self):
        self.used_once()
        with contextlib.closing(sqlite3.connect(self.file)) as other:
            version = other.execute("PRAGMA user_version").fetchone()[0]
            other.execute(f"PRAGMA user_version = {version + 1}")
            other.commit()
        self.refused("newer")

    def test_a_folder_instead_of_a_file(self):
        self.file.mkdir()
        self.refused()

    @unittest.skipUnless(MAY_MOUNT, "needs root, and permission to make a mount namespace")
    def test_a_folder_that_is_read_only(self):
        self.refused(str(self.folder), within=[*READ_ONLY, self.folder])

    @unittest.skipUnless(MAY_MOUNT, "needs root, and permission to make a mount namespace")
    def test_a_file_that_is_read_only(self):
        self.used_once()
        self.refused(within=[*READ_ONLY, self.file])

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_the_file_belongs_to_the_user_that_the_server_becomes(self):
        os.chown(self.folder, 65534, 65534)
        for made in self.folder, self.folder.parent:
            self.assertTrue(os.access(made, os.X_OK))
        with Server(vhost(storage=self.file), user=("nobody", "nogroup")) as server:
            self.assertEqual((self.file.stat().st_uid, self.file.stat().st_gid), (65534, 65534))
            self.assertEqual(self.file.stat().st_mode & 0o007, 0, "others cannot read it")

            def users():
                threads = pathlib.Path(f"/proc/{server.pids()}/task").iterdir()
                return {re.search(r"Uid:\t(.*)", (thread / "status").read_text())[1] for thread in threads}
            # It may listen before it becomes that user.
            server.wait(lambda: users() == {"65534\t65534\t65534\t65534"}, f"the threads to be of nobody: {users()}")


@unittest.skipIf(HOST == "lwsws", "about lws-chatd")
class Commands(Stored, Transport):
    def run_host(self, *arguments):
        done = subprocess.run([BUILD / "bin/lws-chatd", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout

    async def test_storage_info_tells_of_the_file_while_the_server_runs(self):
        self.serve()
        for i in range(3):
            await self.publish(i)
        code, said = self.run_host("-c", self.server.folder, "--storage-info")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, rf"(?m)^{re.escape(str(self.file))}:$")
        for line in (r"rooms +1", r"messages +3", r"integrity +ok", rf"used by +.*{self.server.pids()}"):
            self.assertRegex(said, rf"(?m)^  {line}")
        self.assertEqual(self.run_host(f"--storage-info={self.file}"), (code, said))
        code, said = self.run_host("-c", self.server.folder, "--storage-recover")
        self.assertEqual(code, 1, said)
        self.assertIn(str(self.server.pids()), said, "a file in use is left alone")

    @unittest.skipUnless(shutil.which("sqlite3"), "SKIPPED: the program sqlite3 is not installed")
    async def test_a_backup_by_sqlite3_while_messages_come_is_whole_and_can_be_served(self):
        self.serve()
        for i in range(50):
            await self.publish(i)
        copy = self.folder / "copy.db"
        # As in README.md and lws-chatd.conf(5).
        making = await asyncio.create_subprocess_exec("sqlite3", self.file, f"VACUUM INTO '{copy}'")
        made = asyncio.ensure_future(asyncio.wait_for(making.wait(), PATIENCE))
        sent = 50
        while not made.done():
            await self.publish(sent)
            sent += 1
        self.assertEqual(await made, 0)
        await self.publish("later")
        code, said = self.run_host(f"--storage-info={copy}")
        self.assertEqual(code, 0, said)
        _, before = await self.history()
        self.server.stop()
        self.line = None
        for suffix in "-wal", "-shm":
            pathlib.Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        copy.rename(self.file)
        self.start()
        messages, position = await self.history()
        self.assertGreaterEqual(len(messages), 50)
        self.assertEqual(messages, [(i + 1, i) for i in range(len(messages))])
        self.assertNotEqual(position["epoch"], before["epoch"], "clients that come back are told of a gap")
        await self.server.logged("the file is an older copy")

    async def test_the_log_says_where_rooms_are_kept(self):
        self.serve()
        await self.server.logged("fanout by ", f", storage {self.file}")
        await self.server.logged("the file is new")

    async def test_storage_recover_saves_what_can_be_read(self):
        self.serve(replay=100)
        for i in range(200):
            await self.publish("x" * 500, channel=f"room-{i % 20}")
        self.server.stop()
        self.line = None
        # Damage in the middle.
        with open(self.file, "r+b") as file:
            file.seek(self.file.stat().st_size // 2)
            file.write(b"\xff" * 8192)
        code, said = self.run_host("-c", self.server.folder, "--storage-info")
        self.assertEqual(code, 1, said)
        code, said = self.run_host("-c", self.server.folder, "--storage-recover")
        self.assertEqual(code, 0, said)
        self.assertTrue([name for name in os.listdir(self.folder) if ".broken-" in name], said)
        self.assertEqual(self.run_host("-c", self.server.folder, "--storage-info")[0], 0)
        self.start()
        saved = [await self.history(f"room-{i}") for i in range(20)]
        for messages, position in saved:
            offsets = [offset for offset, _ in messages]
            self.assertEqual(offsets, list(range(position["offset"] + 1 - len(offsets), position["offset"] + 1)), "no gap")
        self.assertTrue(any(len(messages) == 10 for messages, _ in saved))

    def test_a_missing_file_is_an_error_with_its_name(self):
        for command in "--storage-info", "--storage-recover":
            code, said = self.run_host(f"{command}=/nonexistent/rooms.db")
            self.assertEqual(code, 1, said)
            self.assertIn("/nonexistent/rooms.db", said)

    def test_a_configuration_without_storage_is_an_error(self):
        server = Server(vhost())
        self.addCleanup(subprocess.run, ["rm", "-r", server.folder], check=False)
        code, said = self.run_host("-c", server.folder, "--storage-info")
        self.assertEqual(code, 1, said)
        self.assertIn("storage", said)


if __name__ == "__main__":
    unittest.main()
