"""Another machine: a network namespace with an address of its own, connected to the test program's by a pair of virtual
interfaces.

The test program has a network of its own, too: a browser ends its connections when an interface comes or goes, so the tests
that run at the same time would notice.

    from support.elsewhere import Elsewhere, own_network
    setUpModule = own_network
"""
import ctypes
import os
import shutil
import socket
import subprocess
import threading
import unittest

from support.server import PATIENCE

CLONE_NEWNET = 0x40000000


def _run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)


_libc = ctypes.CDLL(None, use_errno=True)
_moved = False


def own_network():
    """Moves this process, and what it starts from now on, to a new network that has only the loopback interface, if this system
    allows that. To be called before other threads start."""
    global _moved
    if shutil.which("ip") and _libc.unshare(CLONE_NEWNET) == 0:
        _run("ip", "link", "set", "lo", "up")
        _moved = True


class Elsewhere:
    """with Elsewhere() as elsewhere: elsewhere.connect(port)

    `here` is this program's address on the line between the two, `there` the other one's. Skips the test if this system has no
    such namespaces.
    """

    def __init__(self):
        self.here, self.there = "198.18.0.1", "198.18.0.2"  # 198.18.0.0/15 is for tests: RFC 2544
        self.keeper = None

    def __enter__(self):
        if not _moved:
            raise unittest.SkipTest("no network namespaces: this test program has no network of its own")
        try:
            # The namespace lives as long as this process. It says when it is in there.
            self.keeper = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep infinity"], text=True,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            if not self.keeper.stdout.readline():
                raise unittest.SkipTest(f"no network namespaces: {self.keeper.stderr.read().strip()}")
            process = str(self.keeper.pid)
            _run("ip", "link", "add", "elsewhere", "type", "veth", "peer", "name", "line", "netns", process)
            _run("ip", "address", "add", f"{self.here}/30", "dev", "elsewhere")
            _run("ip", "link", "set", "elsewhere", "up")
            for words in (("address", "add", f"{self.there}/30", "dev", "line"), ("link", "set", "line", "up")):
                _run("nsenter", f"--net=/proc/{process}/ns/net", "ip", *words)
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise unittest.SkipTest(f"no network namespaces: {' '.join(error.cmd)}: {error.stderr.strip()}")
        except FileNotFoundError as error:
            self.__exit__()
            raise unittest.SkipTest(f"no network namespaces: {error}")
        except unittest.SkipTest:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc):
        if self.keeper is None:
            return
        self.keeper.kill()
        self.keeper.wait(PATIENCE)
        self.keeper.stdout.close()
        self.keeper.stderr.close()
        # The pair goes away with the namespace, but a little later.
        subprocess.run(["ip", "link", "delete", "elsewhere"], check=False, capture_output=True)

    def connect(self, port):
        """A socket of the other machine, connected to a port of this one."""
        made = []

        def there():
            try:
                # Only this thread moves. A socket stays in the namespace in which it was made.
                namespace = os.open(f"/proc/{self.keeper.pid}/ns/net", os.O_RDONLY)
                try:
                    if _libc.setns(namespace, CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                finally:
                    os.close(namespace)
                made.append(socket.create_connection((self.here, port), PATIENCE))
            except OSError as error:
                made.append(error)
        thread = threading.Thread(target=there)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]
