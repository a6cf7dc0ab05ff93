"""Test servers get ports of their own, even if many test programs run at the same time."""
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import ports  # noqa: E402
from support.server import free_port  # noqa: E402

# Prints its ports, and keeps them until its standard input ends.
PROGRAM = "from support.ports import free_port; print(*(free_port() for _ in range(100)), flush=True); input()"


class Ports(unittest.TestCase):
    def test_outgoing_connections_never_take_a_server_port(self):
        first, last = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
        for port in (free_port() for _ in range(200)):
            self.assertFalse(first <= port <= last, port)

    def test_programs_that_run_at_the_same_time_never_get_the_same_port(self):
        programs = [subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=pathlib.Path(__file__).parents[1], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(8)]
        given = [port for program in programs for port in program.stdout.readline().split()]
        for program in programs:
            program.communicate("\n")
        self.assertEqual(len(given), 800)
        self.assertEqual(len(set(given)), 800)

    def test_a_port_in_use_is_not_returned(self):
        for address, family in (("127.0.0.1", socket.AF_INET), ("0.0.0.0", socket.AF_INET), ("::1", socket.AF_INET6)):
            if family == socket.AF_INET6 and not pathlib.Path("/proc/net/if_inet6").exists():
                continue
            with self.subTest(address), socket.socket(family) as taken:
                port = free_port()
                taken.bind((address, port))
                taken.listen()
                self.assertFalse(ports.can_listen(port))

    def test_a_server_that_has_just_ended_does_not_keep_its_port(self):
        port = free_port()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen()
            with socket.create_connection(("127.0.0.1", port)) as client:
                listener.accept()[0].close()  # this side is in TIME_WAIT when the client has closed, too
                self.assertEqual(client.recv(1), b"")
        self.assertTrue(ports.can_listen(port))


if __name__ == "__main__":
    unittest.main()
