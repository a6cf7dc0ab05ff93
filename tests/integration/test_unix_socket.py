"""A vhost on a Unix socket: clients, the owner, and obstacles at the start."""
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
from support.wire import upgrade  # noqa: E402


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
        """The server exits with 1 and prints a line with all these words."""
        server = Server(self.vhost())
        self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        done = subprocess.run(server.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stdout)
        lines = [line for line in done.stdout.splitlines() if all(word in line for word in (str(self.path), *words))]
        self.assertEqual(len(lines), 1, done.stdout)
        self.assertRegex(lines[0], rf"^lws-chatd: {server.folder}/conf\.d/00:\d+:\d+: ")

    async def test_clients_talk_over_the_socket_while_another_vhost_serves_a_port(self):
        self.serve(self.vhost(), vhost("other"))
        await self.talk()
        client = await self.enterAsyncContext(connect(self.server.url_of(1)))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")
        self.assertIn(f"listens on http {self.path}\n", self.server.log())

    async def test_programs_of_this_machine_are_let_in_but_not_what_a_proxy_forwards(self):
        self.serve(self.vhost())
        for headers, status in ({}, 101), ({"X-Forwarded-For": "203.0.113.9"}, 403):
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(str(self.path))
            self.assertEqual((await upgrade("ws://localhost/chat/", headers, sock=peer)).status, status)
        await self.server.logged("refused unknown address with 403", '"open": "1"')

    async def test_the_socket_gets_the_owner_of_the_configuration(self):
        user = pwd.getpwnam("www-data") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.serve(self.vhost(**{"unix-socket-perms": f"{user.pw_name}:{grp.getgrgid(user.pw_gid).gr_name}"}))
        status = self.path.stat()
        self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)), (user.pw_uid, user.pw_gid, 0o660))

    async def test_a_stale_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(self.path))
        self.serve(self.vhost())
        await self.talk()

    async def test_a_socket_in_use_by_another_server_is_an_error_and_stays(self):
        self.serve(self.vhost())
        self.refusal("Address already in use", "stop the program that uses it")
        await self.talk()

    def test_a_socket_of_a_server_that_hangs_is_an_error_at_once(self):
        with socket.socket(socket.AF_UNIX) as hanging, contextlib.ExitStack() as clients:
            hanging.bind(str(self.path))
            hanging.listen(0)
            with self.assertRaises(BlockingIOError):
                for _ in range(100):
                    client = clients.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(str(self.path))
            self.refusal("Address already in use", "stop the program that uses it")

    def test_a_file_at_the_path_is_an_error_and_stays(self):
        self.path.write_text("precious")
        self.refusal("exists and is not a socket")
        self.assertEqual(self.path.read_text(), "precious")

    def test_a_missing_folder_is_an_error(self):
        self.path = self.path.parent / "none" / "socket"
        self.refusal("No such file or directory", "create the folder")


if __name__ == "__main__":
    unittest.main()
