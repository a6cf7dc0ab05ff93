"""Free ports for test servers.

They are outside of the kernel's ephemeral range. From that range the kernel takes local ports of outgoing connections, and a
server cannot listen on a port that a client has or that is in TIME_WAIT. Test programs that run at the same time get ports from
different blocks, so none takes a port that another one has chosen and does not listen on yet.
"""
import os
import pathlib
import socket

LOWEST = 10240  # browsers refuse some ports below this
HIGHEST = 65535
BLOCK = 64

_blocks = []  # sockets; each holds a block for as long as this process lives
_ports = iter(())


def _ephemeral():
    first, last = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return range(int(first), int(last) + 1)


def _free_blocks():
    """The blocks outside of the ephemeral range. Each process begins at another one."""
    ephemeral = _ephemeral()
    blocks = [first for first in range(LOWEST, HIGHEST + 1 - BLOCK, BLOCK)
              if first + BLOCK <= ephemeral.start or first >= ephemeral.stop]
    if not blocks:
        raise AssertionError(f"net.ipv4.ip_local_port_range is {ephemeral.start} to {ephemeral.stop - 1}: "
                             f"test servers need ports of their own between {LOWEST} and {HIGHEST}")
    start = os.getpid() * 7 % len(blocks)  # programs that start together have process ids in a row
    return blocks[start:] + blocks[:start]


def _take_block():
    # An abstract Unix socket belongs to the network namespace, like a port, and disappears with the process.
    for first in _free_blocks():
        holder = socket.socket(socket.AF_UNIX)
        try:
            holder.bind(f"\0lws-chat-test-ports-{first}")
        except OSError:
            holder.close()
            continue
        _blocks.append(holder)
        return iter(range(first, first + BLOCK))
    raise AssertionError("other test programs hold all blocks of ports")


def can_listen(port):
    """Tries to listen like a server: with SO_REUSEADDR, and on all addresses, so that no address is in use."""
    families = [(socket.AF_INET, "0.0.0.0")]
    if pathlib.Path("/proc/net/if_inet6").exists():
        families.append((socket.AF_INET6, "::"))
    for family, address in families:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError:
                return False
    return True


def free_port():
    """A port without a server that this process has not returned before."""
    global _ports
    while True:
        for port in _ports:
            if can_listen(port):
                return port
        _ports = _take_block()
