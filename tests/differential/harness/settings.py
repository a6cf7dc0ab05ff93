"""What a server of a script is to do, in words of neither server, and how to say it to each of them."""
import dataclasses

ANYONE, USERS, MEMBERS, TOKEN, NOBODY = "anyone", "users", "members", "token", "nobody"

API_KEY = "0123456789abcdef0123456789abcdef"
HISTORY_SIZE, HISTORY_AGE = 20, 300


@dataclasses.dataclass(frozen=True)
class Rooms:
    """Who may do what in the rooms of a namespace."""
    join: str = USERS
    publish: str = NOBODY
    history: str = NOBODY
    presence: str = NOBODY
    keep: bool = True  # the rooms keep a history, and those who may see it recover
    join_leave: bool = False  # every subscription gets joins and leaves
    pattern: str = ""
    hooks: tuple = ()  # of subscribe, publish, sub-refresh


@dataclasses.dataclass(frozen=True)
class Settings:
    secret: str = ""  # for HS tokens
    previous_secret: str = ""
    public_key: str = ""  # the algorithm of the public key that the server is given, such as RS256
    jwks: bool = False  # fetches the back end's key set
    audience: str = ""
    issuer: str = ""
    anonymous: bool = False
    grace: int = 25  # seconds from expiry to the end of a connection or subscription
    rooms: tuple = (("", Rooms()),)  # namespace, Rooms
    hooks: tuple = ()  # of connect, refresh, rpc; those of rooms are switched on there
    hook_timeout: int = 3000  # ms
    hook_headers: tuple = ()


def _centrifugo_rooms(rooms):
    def allow(what, who):
        return {
            f"allow_{what}_for_client": who in (ANYONE, USERS),
            f"allow_{what}_for_anonymous": who in (ANYONE, MEMBERS),
            **({f"allow_{what}_for_subscriber": who == MEMBERS} if what != "subscribe" else {}),
        }
    kept = {"history_size": HISTORY_SIZE, "history_ttl": f"{HISTORY_AGE}s"} if rooms.keep else {}
    # In lws-chat, whoever may see the history recovers. In Centrifugo, whoever is forced to, or asks and may see it.
    recover = rooms.keep and rooms.history in (ANYONE, MEMBERS)
    return {
        **allow("subscribe", rooms.join), **allow("publish", rooms.publish), **allow("history", rooms.history),
        **allow("presence", rooms.presence), **kept,
        "presence": True, "join_leave": True, "force_push_join_leave": rooms.join_leave,
        "force_recovery": recover, "force_positioning": recover,
        "allow_user_limited_channels": True,
        "channel_regex": rooms.pattern,
        "subscribe_proxy_enabled": "subscribe" in rooms.hooks,
        "publish_proxy_enabled": "publish" in rooms.hooks,
        "sub_refresh_proxy_enabled": "sub-refresh" in rooms.hooks,
    }


def _all_hooks(settings):
    return [*settings.hooks, *(hook for _, rooms in settings.rooms for hook in rooms.hooks)]


def for_centrifugo(settings, port, back_end, keys):
    """The configuration file of Centrifugo."""
    namespaces = dict(settings.rooms)

    def proxy(hook):
        return {"endpoint": f"{back_end}/{hook}", "timeout": f"{settings.hook_timeout}ms",
                "http_headers": list(settings.hook_headers), "include_connection_meta": True} if hook in _all_hooks(settings) else {}

    def switched(hook):
        return {"enabled": hook in settings.hooks, **proxy(hook)}
    token = {"hmac_secret_key": settings.secret, "hmac_previous_secret_key": settings.previous_secret,
             "audience": settings.audience, "issuer": settings.issuer}
    if settings.jwks:
        token["jwks_public_endpoint"] = f"{back_end}/jwks"
    if settings.public_key:
        kind = "rsa" if settings.public_key[:2] in ("RS", "PS") else "ecdsa"
        token[f"{kind}_public_key"] = keys.public(settings.public_key)
    return {
        "http_server": {"address": "127.0.0.1", "port": port},
        "log": {"level": "debug"},
        "usage_stats": {"disabled": True},
        "http_api": {"key": API_KEY},
        "http_stream": {"enabled": True}, "sse": {"enabled": True},
        "client": {
            "token": token, "allow_anonymous_connect_without_token": settings.anonymous,
            "disallow_anonymous_connection_tokens": not settings.anonymous,
            "expired_close_delay": f"{settings.grace}s", "expired_sub_close_delay": f"{settings.grace}s",
            "presence_update_interval": "1s",  # Centrifugo looks for expired subscriptions as often
            "proxy": {hook: switched(hook) for hook in ("connect", "refresh")},
        },
        "channel": {
            "without_namespace": _centrifugo_rooms(namespaces.get("", Rooms(join=NOBODY))),
            "namespaces": [{"name": name, **_centrifugo_rooms(rooms)} for name, rooms in namespaces.items() if name],
            "proxy": {hook.replace("-", "_"): proxy(hook) for hook in ("subscribe", "publish", "sub-refresh")
                      if proxy(hook)},
        },
        "rpc": {"proxy": proxy("rpc"), "without_namespace": {"proxy_enabled": True}} if "rpc" in settings.hooks else {},
    }


def _lws_chat_rooms(name, rooms):
    prefix = f"{name}/" if name else ""
    made = {"may-join": rooms.join, "may-publish": rooms.publish, "may-see-history": rooms.history,
            "may-see-presence": rooms.presence,
            "history-size": HISTORY_SIZE if rooms.keep else 0, "history-age": HISTORY_AGE,
            "force-join-leave": 1 if rooms.join_leave else 0, "presence-grace": 0}
    if rooms.pattern:
        made["room-pattern"] = rooms.pattern
    made |= {f"{hook}-hook": "1" for hook in rooms.hooks}
    return {prefix + option: str(value) for option, value in made.items()}


def for_lws_chat(settings, folder, back_end, keys):
    """The options of lws-chat's vhost. `folder` takes the files that they name."""
    def file(name, text):
        path = folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)
    made = {"anonymous": "1" if settings.anonymous else "0", "strict-namespaces": "1",
            "api-key-file": file("api-keys", API_KEY + "\n")}
    for option, value in (("token-secret-file", settings.secret), ("token-previous-secret-file", settings.previous_secret)):
        if value:
            made[option] = file(option, value)
    if settings.public_key:
        made["token-public-key-file"] = file("token-public-key", keys.public(settings.public_key))
    if settings.jwks:
        made["token-jwks-url"] = f"{back_end}/jwks"
    if settings.audience:
        made["token-audience"] = settings.audience
    if settings.issuer:
        made["token-issuer"] = settings.issuer
    if settings.grace != 25:
        made["expiry-grace"] = str(settings.grace)
    made |= {f"{hook}-url": f"{back_end}/{hook}" for hook in _all_hooks(settings)}
    if _all_hooks(settings):
        made["hook-timeout"] = str(settings.hook_timeout)
    if settings.hook_headers:
        made["hook-headers"] = " ".join(settings.hook_headers)
    for name, rooms in settings.rooms:
        made |= _lws_chat_rooms(name, rooms)
    return made
