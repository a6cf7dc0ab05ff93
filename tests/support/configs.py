"""Configurations as they are shipped, for tests that need them with other ports and paths."""
import json
import re


def without_comments(text):
    return re.sub(r'("(?:\\.|[^"\\])*")|#[^\n]*', lambda found: found[1] or "", text)


def read(path):
    """What a file says, as it is."""
    return json.loads(without_comments(path.read_text()))
