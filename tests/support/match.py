"""States of a football match, as a page would show it live: a JSON object of about 5 KB, of which little changes from one
second to the next. match.mjs makes the same kind of states."""
import copy
import random

NAMES = ("Álvarez", "Müller", "Õunapuu", "Smith", "王偉", "Nkunku", "Šeško", "Rossi", "Dupont", "Øst", "Kim")
POSITIONS = ("keeper", "back", "middle", "front")


def _team(name):
    return {"name": name, "score": 0, "possession": 50, "shots": 0, "players": [
        {"id": f"{name.lower()}-{i + 1}", "name": player, "number": i + 1, "position": POSITIONS[(i + 2) >> 2],
         "x": 50, "y": 10 * i, "passes": 0, "distance": 0, "heartRate": 90, "cards": []}
        for i, player in enumerate(NAMES)]}


def match(seed=1):
    """Yields states without end."""
    chance = random.Random(seed)
    state = {"id": 4711, "competition": "Cup", "venue": "Stadion am Fluß 🏟", "clock": 0, "period": 1, "referee": "J. Doe",
             "teams": [_team("Home"), _team("Guests")], "events": []}
    while True:
        state["clock"] += 1
        for side in state["teams"]:
            side["possession"] = chance.randrange(40, 60)
            for player in chance.sample(side["players"], 3):
                player["x"], player["y"] = chance.randrange(100), chance.randrange(70)
                player["distance"] += chance.randrange(12)
                player["passes"] += chance.random() < 1 / 3
                if chance.random() < 1 / 4:
                    player["heartRate"] = chance.randrange(90, 180)
            side["shots"] += chance.random() < 1 / 20
            if chance.random() < 1 / 150:
                side["score"] += 1
                state["events"].append({"at": state["clock"], "what": "goal", "team": side["name"]})
            if chance.random() < 1 / 100:
                chance.choice(side["players"])["cards"].append({"at": state["clock"], "color": "yellow"})
        yield copy.deepcopy(state)
