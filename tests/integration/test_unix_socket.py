"""A vhost on a Unix socket: who talks over it, whose it is, and what may stand in its way."""
import contextlib
import grp
import os
import pathlib
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, Server, connect, receive, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402


class UnixSocket(Transport):
    def setUp(self):
        self.path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-"))) / "socket"

    def vhost(self, **members):
        return {**vhost(), "port": "0", "unix-socket": "1", "interface": str(self.path), **members}

    async def talk(self):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(self.path))
            client = await self.enterAsyncContext(connect("ws://localhost/chat/", sock=peer.dup()))
            await client.send("hello")
            self.assertEqual(await receive(client), "hello")

    def refusal(self, *words):
        """The server ends by itself with 1, and says why in a line with all these words."""
        server = Server(self.vhost())
        self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        done = subprocess.run(server.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stdout)
        lines = [line for line in done.stdout.splitlines() if all(word in line for word in (str(self.path), *words))]
        self.assertEqual(len(lines), 1, done.stdout)
        self.assertRegex(lines[0], rf"^lws-chatd: {server.folder}/conf\.d/00:\d+:\d+: ")

    async def test_clients_talk_over_it_and_over_a_port_beside_it(self):
        self.serve(self.vhost(), vhost("other"))
        await self.talk()
        client = await self.enterAsyncContext(connect(self.server.url_of(1)))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")
        self.assertIn(f"listens on http {self.path}\n", self.server.log())

    async def test_it_is_given_to_the_owner_that_is_asked_for(self):
        user = pwd.getpwnam("www-data") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.serve(self.vhost(**{"unix-socket-perms": f"{user.pw_name}:{grp.getgrgid(user.pw_gid).gr_name}"}))
        status = self.path.stat()
        self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)), (user.pw_uid, user.pw_gid, 0o660))

    async def test_a_socket_that_nobody_has_any_more_is_no_obstacle(self):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.path))
        self.serve(self.vhost())
        await self.talk()

    async def test_a_socket_that_another_server_has_is_left_to_it(self):
        self.serve(self.vhost())
        self.refusal("Address already in use", "stop what has it")
        await self.talk()

    def test_one_of_a_server_that_hangs_is_not_waited_for(self):
        with socket.socket(socket.AF_UNIX) as hanging, contextlib.ExitStack() as clients:
            hanging.bind(str(self.path))
            hanging.listen(0)
            with self.assertRaises(BlockingIOError):
                for _ in range(100):
                    client = clients.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(str(self.path))
            self.refusal("Address already in use", "stop what has it")

    def test_a_file_that_is_there_is_left_alone(self):
        self.path.write_text("precious")
        self.refusal("is there and no socket")
        self.assertEqual(self.path.read_text(), "precious")

    def test_a_folder_that_is_not_there_is_said(self):
        self.path = self.path.parent / "none" / "socket"
        self.refusal("No such file or directory", "create the folder")


if __name__ == "__main__":
    unittest.main()
