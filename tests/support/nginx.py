"""nginx with the shipped example, conf/nginx/lws-chat, on free ports."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from .server import PATIENCE, ROOT, certificate, free_port


class Nginx:
    """with Nginx(port of lws-chatd) as nginx: ... nginx.port ... `locations` are additional ones of the TLS server."""
    redirects_to = "127.0.0.1"

    def __init__(self, behind, locations=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-test-nginx-"))
        self.port, self.plain_port = free_port(), free_port()
        cert, key = certificate()
        text = (ROOT / "conf/nginx/lws-chat").read_text()
        for old, new in ((r"listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                         (r"listen 443 ssl;", f"listen 127.0.0.1:{self.port} ssl;"),
                         (r"listen \[::\]:[^;]*;", ""),  # the machine may have no IPv6
                         (r"/etc/letsencrypt/live/chat.example.org/fullchain.pem", cert),
                         (r"/etc/letsencrypt/live/chat.example.org/privkey.pem", key),
                         (r"http://127.0.0.1:8001;", f"http://127.0.0.1:{behind};"),
                         (r"    location / {", f"{locations}    location / {{")):
            text, count = re.subn(old, new, text)
            assert count, f"the example has {old}"
        (self.folder / "lws-chat").write_text(text)
        temporary = "\n".join(f"{name}_temp_path {self.folder}/{name};"
                              for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/log;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary}\ninclude {self.folder}/lws-chat; }}\n")

    def __enter__(self):
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        self.process = subprocess.Popen([nginx, "-p", self.folder, "-c", self.folder / "nginx.conf",
                                         "-e", self.folder / "log"], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not (self.folder / "pid").exists() or not (self.folder / "pid").read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.01)
        return self

    def __exit__(self, *_exc):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, path="/chat/", scheme="wss"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"
