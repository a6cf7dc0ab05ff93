"""A public site at one address: nginx in front of lws-chatd and of the site's own program, which knows who has signed in."""
import base64
import hashlib
import hmac
import http.cookies
import http.server
import json
import os
import threading
import time

from integration.test_proxy import Nginx
from support.server import free_port

SECRET = "the secret of the site, 32 bytes or more"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_of(claims, secret=SECRET):
    """A token signed with HS256."""
    text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return text + "." + encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Handler(http.server.BaseHTTPRequestHandler):
    """GET /account/token gives a token to a browser with the cookie "session".

    Through its own port only, a test sets what a session is: POST /sessions/NAME {"user", "name", "lifetime", "status"}, and
    reads it with GET /sessions/NAME, with the number of tokens asked for ("asked") and the last one's claims ("claims").
    """
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sessions.setdefault(self.path.rpartition("/")[2], {"asked": 0}).update(said)
        self.answer(200, {})

    def do_GET(self):
        if self.path != "/account/token":
            return self.answer(200, self.server.sessions[self.path.rpartition("/")[2]])
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie"))
        session = self.server.sessions.get(cookies["session"].value) if "session" in cookies else None
        if session is None:
            return self.answer(401, {"error": "sign in first"})
        session["asked"] += 1
        if session.get("status", 200) != 200:
            return self.answer(session["status"], {"error": "as the test wants"})
        now = int(time.time())
        session["claims"] = {"sub": session["user"], "iat": now, "exp": now + session.get("lifetime", 3600),
                             "jti": os.urandom(8).hex()}
        if session.get("name"):
            session["claims"]["info"] = {"name": session["name"]}
        return self.answer(200, {"token": token_of(session["claims"])})

    def log_message(self, *_):
        pass


class Site:
    """with Site(port of lws-chatd) as site: ... site.url, site.program ..."""

    def __init__(self, behind):
        self.own = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.own.sessions = {}
        self.program = f"http://127.0.0.1:{self.own.server_port}"
        self.nginx = Nginx(behind)
        config = self.nginx.folder / "lws-chat"
        # As lws-chatd(8) says: beside "location /".
        text, beside = config.read_text(), "    location / {"
        assert text.count(beside) == 1, text
        config.write_text(text.replace(beside, f"    location /account/ {{ proxy_pass {self.program}; }}\n{beside}"))
        self.url = f"https://localhost:{self.nginx.port}"

    def __enter__(self):
        threading.Thread(target=self.own.serve_forever, daemon=True).start()
        self.nginx.__enter__()
        return self

    def __exit__(self, *exc):
        self.nginx.__exit__(*exc)
        self.own.shutdown()
        self.own.server_close()
