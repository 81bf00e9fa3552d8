"""When two JSON Schemas mean the same: words and the order of alternatives say nothing about what is valid."""

import json

WORDS = ("description", "title")
UNORDERED = ("anyOf", "enum", "required")


def meaning(node):
    """Return *node* of a schema with what decides about validity alone."""
    if isinstance(node, list):
        return [meaning(item) for item in node]
    if not isinstance(node, dict):
        return node
    bare = {key: meaning(value) for key, value in node.items() if not _is_words(key, value)}
    return {key: _ordered(value) if key in UNORDERED else value for key, value in bare.items()}


def _is_words(key, value):
    return key in WORDS and isinstance(value, str)


def _ordered(value):
    return sorted(value, key=json.dumps) if isinstance(value, list) else value
