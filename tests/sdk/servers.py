"""What the servers of a walk are to do, and what their back end answers."""
from harness.settings import MEMBERS, Rooms, Settings, TOKEN, USERS
from support.tokens import SECRET

TOKENS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=TOKEN, publish=MEMBERS, history=MEMBERS, presence=MEMBERS, delta=True)),))
HOOKS = Settings(secret=SECRET, hooks=("connect",), rooms=(
    ("", Rooms(join=USERS, hooks=("subscribe",))),))

BACK_END = {
    "connect": lambda request: {"result": {"user": request["data"]["user"], "data": {"welcome": request["data"]["user"]}}},
    "subscribe": lambda request: ({"result": {"data": {"topic": "tea"}}} if request.get("data") == {"why": "because"}
                                  else {"error": {"code": 403, "message": "no reason"}}),
}
