"""What the walks of this build have found out, a file each, from which `table` makes README's table."""
import json

# Behaviour -> the facts of a walk that show it.
BEHAVIOURS = {
    "connect": {"data": {"welcome": "bob"}, "refused": 3501},
    "subscribe": {"room data": {"topic": "tea"}, "room refused": 403},
    "publish": {"own": {"n": 1}, "publisher": "ann Ann"},
    "presence": {"presence": ["ann"], "stats": [1, 1]},
    "history": {"history": [{"n": 1}], "history since": [{"n": 2}, {"n": 3}], "last of the history": [{"n": 3}]},
    "recovery": {"recovered": True, "after the cut": [{"n": 2}, {"n": 3}]},
    "token refresh": {"refreshed": True, "connections": 2},
}

EXPECTED = {name: fact for facts in BEHAVIOURS.values() for name, fact in facts.items()}


def _write(build, name, walk, result):
    folder = build / "sdk"
    folder.mkdir(exist_ok=True)
    about = {"sdk": walk.sdk, "version": walk.version(), "encoding": walk.encoding, "transport": walk.transport}
    (folder / f"{name}.json").write_text(json.dumps(about | result, indent=1) + "\n")


def write_skipped(build, name, walk, reason):
    # The version of an SDK that is not there is not always known either.
    about = {"sdk": walk.sdk, "encoding": walk.encoding, "transport": walk.transport}
    folder = build / "sdk"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(about | {"skipped": reason}, indent=1) + "\n")


def write_facts(build, name, walk, facts):
    _write(build, name, walk, {"behaviours": {
        behaviour: all(facts.get(fact) == value for fact, value in expected.items()) for behaviour, expected in BEHAVIOURS.items()}})


def read(build):
    """Name of the walk -> its result."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((build / "sdk").glob("*.json"))}
