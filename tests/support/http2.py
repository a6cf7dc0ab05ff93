"""WebSocket over HTTP/2 for clients that speak HTTP/1.1: see http2_gateway.mjs."""
import pathlib
import subprocess

SCRIPT = pathlib.Path(__file__).with_name("http2_gateway.mjs")


class Gateway:
    """with Gateway(server.http_of()) as gateway: connect(gateway.url()) ..."""

    def __init__(self, origin, sharing="own"):
        self.command = ["node", str(SCRIPT), origin.rstrip("/").replace("localhost", "127.0.0.1"), sharing]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def url(self, path="/chat/"):
        return f"ws://127.0.0.1:{self.port}{path}"
