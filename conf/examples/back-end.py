"""A back end for lws-chatd that decides who may do what. It needs nothing but Python. Take it as a beginning for yours.

    python3 back-end.py [PORT]      # listens on 127.0.0.1, port 3000 by default

In the options of lws-chat (see lws-chatd.conf(5)):

    "connect-url": "http://127.0.0.1:3000/connect",         "refresh-url": "http://127.0.0.1:3000/refresh",
    "subscribe-url": "http://127.0.0.1:3000/subscribe",     "subscribe-hook": "1",
    "publish-url": "http://127.0.0.1:3000/publish",         "publish-hook": "1",
    "sub-refresh-url": "http://127.0.0.1:3000/sub_refresh", "sub-refresh-hook": "1",
    "rpc-url": "http://127.0.0.1:3000/rpc",                 "hook-headers": "Cookie"
"""
import http.cookies
import http.server
import json
import sys
import time

# A real site looks these up in its database.
SESSIONS = {"anns-session": "ann", "bobs-session": "bob"}  # the cookie "session" of who has signed in
TEAM = {"ann"}  # may enter rooms whose names begin with "team-"
LIFETIME = 600  # seconds, after which lws-chatd asks again


def may_enter(user, room):
    if room.startswith("of-"):  # the room of one user
        return room == "of-" + user
    return user in TEAM or not room.startswith("team-")


def connect(question, cookies):
    user = SESSIONS.get(cookies["session"].value) if "session" in cookies else None
    if user is None:  # 4500 to 4999: the client does not try again
        return {"disconnect": {"code": 4501, "reason": "sign in first"}}
    # The client is in the room of its user from the beginning. `info` is what others see.
    return {"result": {"user": user, "expire_at": int(time.time()) + LIFETIME, "info": {"name": user.title()},
                       "channels": ["of-" + user]}}


def refresh(question, cookies):
    if question["user"] not in SESSIONS.values():
        return {"result": {"expired": True}}
    return {"result": {"expire_at": int(time.time()) + LIFETIME}}


def subscribe(question, cookies):
    if not may_enter(question["user"], question["channel"]):
        return {"error": {"code": 403, "message": "for the team only"}}
    return {"result": {"expire_at": int(time.time()) + LIFETIME}}


def publish(question, cookies):
    # Also asked about clients that are not in the room.
    if not may_enter(question["user"], question["channel"]):
        return {"error": {"code": 403, "message": "not your room"}}
    text = question.get("data", {}).get("text") if isinstance(question.get("data"), dict) else None
    if not isinstance(text, str) or len(text) > 500:
        return {"error": {"code": 400, "message": "expected a text of at most 500 characters"}}
    return {"result": {"data": {"text": text.strip()}}}  # what is published instead


def sub_refresh(question, cookies):
    if not may_enter(question["user"], question["channel"]):
        return {"result": {"expired": True}}
    return {"result": {"expire_at": int(time.time()) + LIFETIME}}


def rpc(question, cookies):
    if question.get("method") == "time":
        return {"result": {"data": {"seconds": int(time.time())}}}
    return {"error": {"code": 404, "message": "no such method"}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # headers and body leave at once
    answers = {f"/{answer.__name__}": answer for answer in (connect, refresh, subscribe, publish, sub_refresh, rpc)}

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        answer = self.answers.get(self.path)
        body = json.dumps(answer(question, http.cookies.SimpleCookie(self.headers.get("Cookie"))) if answer else {})
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 3000), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
