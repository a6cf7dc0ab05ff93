"""Judges what readers have seen of rooms that several servers share: each message once and in order, or they were told of a gap."""


def faults(log):
    """What is wrong in a reader's log, as lists of neighbours. Its first message may have any offset."""
    wrong, epoch, offset = [], None, None
    for before, entry in zip([None, *log], log):
        if entry[0] == "gap":
            _, epoch, offset = entry
            continue
        if epoch is not None and entry[:2] != (epoch, offset + 1):
            wrong.append([before, entry])
        epoch, offset = entry[:2]
    return wrong


def contradictions(*logs):
    """Positions under which readers have seen different messages."""
    seen, wrong = {}, []
    for log in logs:
        for entry in log:
            if entry[0] != "gap" and seen.setdefault(entry[:2], entry[2]) != entry[2]:
                wrong.append((entry, seen[entry[:2]]))
    return wrong
