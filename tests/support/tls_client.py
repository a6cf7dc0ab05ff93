"""A TLS client that can do what Python's cannot: change its keys, negotiate again, and hand over bytes one by one. OpenSSL
through ctypes."""
import asyncio
import ctypes
import ctypes.util
import socket

from support.server import PATIENCE
from support.wire import parse, request

_ssl = ctypes.CDLL(ctypes.util.find_library("ssl"))
_crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for _library, _name, _result, *_arguments in (
        (_ssl, "TLS_client_method", ctypes.c_void_p),
        (_ssl, "SSL_CTX_new", ctypes.c_void_p, ctypes.c_void_p),
        (_ssl, "SSL_CTX_free", None, ctypes.c_void_p),
        (_ssl, "SSL_CTX_ctrl", ctypes.c_long, ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_void_p),
        (_ssl, "SSL_new", ctypes.c_void_p, ctypes.c_void_p),
        (_ssl, "SSL_free", None, ctypes.c_void_p),
        (_ssl, "SSL_set_bio", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p),
        (_ssl, "SSL_connect", ctypes.c_int, ctypes.c_void_p),
        (_ssl, "SSL_read", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int),
        (_ssl, "SSL_write", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int),
        (_ssl, "SSL_get_error", ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
        (_ssl, "SSL_key_update", ctypes.c_int, ctypes.c_void_p, ctypes.c_int),
        (_ssl, "SSL_renegotiate", ctypes.c_int, ctypes.c_void_p),
        (_ssl, "SSL_do_handshake", ctypes.c_int, ctypes.c_void_p),
        (_crypto, "ERR_clear_error", None),
        (_crypto, "BIO_s_mem", ctypes.c_void_p),
        (_crypto, "BIO_new", ctypes.c_void_p, ctypes.c_void_p),
        (_crypto, "BIO_read", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int),
        (_crypto, "BIO_write", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)):
    _function = getattr(_library, _name)
    _function.restype, _function.argtypes = _result, _arguments

FAILED, WANT_READ, ZERO_RETURN = 1, 2, 6  # of SSL_get_error()
SET_MAX_VERSION, TLS1_2 = 124, 0x303      # SSL_CTRL_SET_MAX_PROTO_VERSION
REQUESTED = 1  # SSL_KEY_UPDATE_REQUESTED


class TlsClient:
    """client = await TlsClient.dial(url); client.change_keys(); await client.read()"""

    def __init__(self, reader, writer, version=0):
        self.reader, self.writer = reader, writer
        self.context = _ssl.SSL_CTX_new(_ssl.TLS_client_method())
        _ssl.SSL_CTX_ctrl(self.context, SET_MAX_VERSION, version, None)
        self.ssl = _ssl.SSL_new(self.context)
        self.incoming, self.outgoing = (_crypto.BIO_new(_crypto.BIO_s_mem()) for _ in range(2))
        _ssl.SSL_set_bio(self.ssl, self.incoming, self.outgoing)
        self.closed = False  # the server's close_notify has come
        self.lost = False    # TCP has ended
        self.asked = False   # the client has asked to negotiate again
        self.refused = False # the server did not want to
        self.rest = b""      # of the last text, what no one has taken

    @classmethod
    async def dial(cls, server, path="/chat/", receive_buffer=None, version=0):
        """A client of a WebSocket; its upgrade is accepted. `version` is the highest, or 0."""
        return await cls._open(server, request(f"wss://127.0.0.1:{server.port}{path}"), 101, receive_buffer, version)

    @classmethod
    async def get(cls, server, path, receive_buffer=None):
        """A client that reads the answer's body."""
        return await cls._open(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), 200, receive_buffer, 0)

    @classmethod
    async def _open(cls, server, request_head, status, receive_buffer, version):
        made = socket.socket()
        if receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", server.port))
        client = cls(*await asyncio.open_connection(sock=made, limit=65536), version)
        while _ssl.SSL_connect(client.ssl) != 1:
            await client._exchange()
        client.send(request_head)
        head = b""
        while b"\r\n\r\n" not in head:
            head += await client.read()
        assert head.startswith(b"HTTP/1.1 %d " % status), head
        client.rest = head.partition(b"\r\n\r\n")[2]
        return client

    def _push(self):
        out = ctypes.create_string_buffer(1 << 16)
        while (n := _crypto.BIO_read(self.outgoing, out, len(out))) > 0:
            self.writer.write(out.raw[:n])

    async def _exchange(self, most=65536):
        self._push()
        records = await asyncio.wait_for(self.reader.read(most), PATIENCE)
        self.lost = not records
        _crypto.BIO_write(self.incoming, records, len(records))
        return records

    def send(self, data):
        assert _ssl.SSL_write(self.ssl, data, len(data)) == len(data)
        self._push()

    def change_keys(self):
        """The client uses new keys, and asks the server to do the same."""
        assert _ssl.SSL_key_update(self.ssl, REQUESTED) == 1
        assert _ssl.SSL_do_handshake(self.ssl) == 1
        self._push()

    def negotiate_again(self):
        """Asks for it, in TLS 1.2. OpenSSL's servers do not want to since 3.0; its clients take their answer for the end."""
        self.asked = True
        assert _ssl.SSL_renegotiate(self.ssl) == 1
        assert _ssl.SSL_do_handshake(self.ssl) != 1
        self._push()

    def decrypted(self):
        """What has come and is whole."""
        if self.refused:
            return b""
        text, piece = b"", ctypes.create_string_buffer(1 << 15)
        while (n := _ssl.SSL_read(self.ssl, piece, len(piece))) > 0:
            text += piece.raw[:n]
        error = _ssl.SSL_get_error(self.ssl, n)
        _crypto.ERR_clear_error()  # Python's ssl shares the queue
        self.refused = self.asked and error == FAILED
        assert error in (WANT_READ, ZERO_RETURN) or self.refused, f"TLS is broken: {error}"
        self.closed = error == ZERO_RETURN
        return text

    async def read(self, most=65536):
        """The next text, of at most this many bytes of records at once. Empty: the connection has ended."""
        while not (text := self.decrypted()) and not self.closed and not self.lost and not self.refused:
            await self._exchange(most)
        return text

    async def frames(self, most=65536):
        """Yields frames until the connection ends. At its end no part of a frame may be left."""
        while True:
            while parsed := parse(self.rest):
                self.rest = self.rest[parsed[1]:]
                yield parsed[0]
            more = await self.read(most)
            if not more:
                assert not self.rest, "the connection ended inside a frame"
                return
            self.rest += more

    def stop_reading(self):
        self.writer.transport.pause_reading()

    def read_again(self):
        self.writer.transport.resume_reading()

    def free(self):
        self.writer.transport.abort()
        _ssl.SSL_free(self.ssl)
        _ssl.SSL_CTX_free(self.context)
