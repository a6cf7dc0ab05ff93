"""A proxy that changes the server's data, to check that the generator notices."""
import contextlib
import itertools
import re
import socket
import socketserver
import threading


class Meddler:
    """with Meddler(port, rb"data: ", lambda found: found.upper(), every=97) as it: ... it.port ..."""

    def __init__(self, port, pattern, change, every):
        self.target = port
        self.pattern = re.compile(pattern)
        self.change = change
        self.every = every
        self.found = itertools.count(1)
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler(), bind_and_activate=False)
        self.server.request_queue_size = 128
        self.server.daemon_threads = True
        self.server.block_on_close = False

    def _handler(self):
        meddler = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", meddler.target)) as server:
                    for end in (self.request, server):
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    back = threading.Thread(target=meddler._pump, args=(server, self.request, meddler._meddle),
                                            daemon=True)
                    back.start()
                    meddler._pump(self.request, server, bytes)
                    back.join()
        return Handler

    @staticmethod
    def _pump(source, sink, change):
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                sink.sendall(change(piece))
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _meddle(self, piece):
        """With small loads, a read holds whole events and answers."""
        def meddle(match):
            return match[0] if next(self.found) % self.every else self.change(match[0])
        return self.pattern.sub(meddle, piece)

    @property
    def port(self):
        return self.server.server_address[1]

    def __enter__(self):
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
