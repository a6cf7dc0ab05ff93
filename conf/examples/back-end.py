"""A back end for lws-chatd that decides who may do what: `python3 back-end.py [PORT]`. Take it as a beginning for yours.
Options (see lws-chatd.conf(5)): "hook-headers": "Cookie", "connect-url": "http://127.0.0.1:3000/connect", and so for refresh,
subscribe, publish, sub_refresh and rpc; and "subscribe-hook": "1", "publish-hook": "1", "sub-refresh-hook": "1"."""
import http.cookies, http.server, json, sys, time  # noqa: E401

SESSIONS = {"anns-session": "ann", "bobs-session": "bob"}  # cookie "session" -> user; a site has them in its database
TEAM = {"ann"}  # may enter rooms whose names begin with "team-"

def for_a_while(good, **fields):  # lws-chatd asks again after 600 s
    return {"result": {"expire_at": int(time.time()) + 600, **fields} if good else {"expired": True}}

def may_enter(asked):  # a room "of-ann" is Ann's alone
    user, room = asked["user"], asked["channel"]
    return room == "of-" + user if room.startswith("of-") else user in TEAM or not room.startswith("team-")

def connect(asked, cookies):
    user = SESSIONS.get(cookies["session"].value) if "session" in cookies else None
    if user is None:  # 4500 to 4999: the client does not try again
        return {"disconnect": {"code": 4501, "reason": "sign in first"}}
    return for_a_while(True, user=user, info={"name": user.title()}, channels=["of-" + user])  # others see `info`

def refresh(asked, cookies):
    return for_a_while(asked["user"] in SESSIONS.values())

def subscribe(asked, cookies):
    return for_a_while(True) if may_enter(asked) else {"error": {"code": 403, "message": "for the team only"}}

def publish(asked, cookies):  # clients that are not in the room ask, too
    text = asked["data"].get("text") if isinstance(asked.get("data"), dict) else None
    if not may_enter(asked):
        return {"error": {"code": 403, "message": "not your room"}}
    if not isinstance(text, str) or len(text) > 500:
        return {"error": {"code": 400, "message": "expected a text of at most 500 characters"}}
    return {"result": {"data": {"text": text.strip()}}}  # what is published instead

def sub_refresh(asked, cookies):
    return for_a_while(may_enter(asked))

def rpc(asked, cookies):
    if asked.get("method") == "time":
        return {"result": {"data": {"seconds": int(time.time())}}}
    return {"error": {"code": 404, "message": "no such method"}}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True  # connections stay open; answers leave at once
    answers = {"/" + answer.__name__: answer for answer in (connect, refresh, subscribe, publish, sub_refresh, rpc)}

    def do_POST(self):
        answer = self.answers.get(self.path)
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        body = json.dumps(answer(asked, http.cookies.SimpleCookie(self.headers.get("Cookie"))) if answer else {}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", int((sys.argv + ["3000"])[1])), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
