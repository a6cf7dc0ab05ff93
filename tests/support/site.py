"""What a site has that uses lws-chat: it issues tokens, and it answers questions about clients."""
import asyncio
import base64
import hashlib
import hmac
import json
import pathlib
import tempfile

SECRET = "a secret of the test, 32 bytes.."


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret=SECRET, header=None, **claims):
    """A token with HS256."""
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header or {"alg": "HS256"}, claims))
    return text + "." + encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def secret_file(test, secret=SECRET):
    """A file for token-secret-file, for the duration of the test."""
    file = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory())) / "secret"
    file.write_text(secret + "\n")
    file.chmod(0o600)
    return file


class Hooks:
    """The back end of the options connect-url and so on: hooks.answers["connect"] = {"result": {...}}. An answer may also be
    bytes, a whole answer of HTTP, or None: there is none.
    """

    def __init__(self):
        self.answers, self.questions = {}, []
        self.asked = asyncio.Condition()
        self._clients = set()

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def url(self, kind):
        return f"http://127.0.0.1:{self.port}/{kind}"

    async def stop(self):
        self._server.close()
        for client in self._clients:
            client.close()
        await asyncio.sleep(0)

    async def until_asked(self, kind, times=1):
        """Waits for a question. Returns the last one."""
        def of_kind():
            return [question for of, question in self.questions if of == kind]
        async with self.asked:
            await asyncio.wait_for(self.asked.wait_for(lambda: len(of_kind()) >= times), 20)
        return of_kind()[-1]

    async def _serve(self, reader, writer):
        self._clients.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                kind = head.split(" ")[1].lstrip("/")
                length = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:"))
                question = json.loads(await reader.readexactly(length))
                async with self.asked:
                    self.questions.append((kind, {**question, "head": head}))
                    self.asked.notify_all()
                answer = self.answers.get(kind, {})
                if answer is None:
                    continue
                if not isinstance(answer, bytes):
                    body = json.dumps(answer).encode()
                    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
        finally:
            self._clients.discard(writer)
