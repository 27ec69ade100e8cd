"""transfer.json: docs/protocol.md §8."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

LAST_OF_PATTERN = 0xFA
SMALL = 262_144
# What this project's sender puts into a frame; others may choose.
PIECE = 262_144

BEGIN, ITEM, START, DATA, END, CANCEL, CLOSE, DONE = range(0x01, 0x09)
READY, SAVED, REFUSED = range(0x11, 0x14)


def pattern(length: int, start: int = 0) -> bytes:
    """00 01 … fa 00 01 …, from an offset."""
    period = bytes(range(LAST_OF_PATTERN + 1))
    return (period * ((start + length) // len(period) + 1))[start : start + length]


def sha256(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()


def frame(sender: str, kind: int, body: bytes) -> dict[str, Any]:
    return {'from': sender, 'bytes': (bytes([kind]) + len(body).to_bytes(4, 'big') + body).hex()}


def say(sender: str, kind: int, /, **fields: Any) -> dict[str, Any]:
    fields = {name.rstrip('_'): value for name, value in fields.items()}
    return frame(sender, kind, json.dumps(fields, ensure_ascii=False, separators=(',', ':')).encode())


def data(length: int, start: int = 0) -> dict[str, Any]:
    header = bytes([DATA]) + length.to_bytes(4, 'big')
    return {'from': 'alice', 'bytes': header.hex(), 'pattern_from': start, 'length': length}


def content(size: int, start: int = 0) -> list[dict[str, Any]]:
    """What is sent of a file of `size` bytes, from `start`."""
    pieces = [data(min(PIECE, size - at), at) for at in range(start, size, PIECE)]
    return [*pieces, say('alice', END, sha256=sha256(pattern(size)))]


def small(length: int, /, **about: Any) -> list[dict[str, Any]]:
    return [say('alice', ITEM, kind='file', **about, size=length), *content(length)]


def large(length: int, held: int = 0, start: int = 0, **about: Any) -> list[dict[str, Any]]:
    ready = {'from_': held, 'sha256': sha256(pattern(held))} if held else {'from_': 0}
    return [
        say('alice', ITEM, **about),
        say('bob', READY, **ready),
        say('alice', START, from_=start),
        *content(length, start),
    ]


SAY_SAVED = say('bob', SAVED)


def whole(name: str, items: list[dict[str, Any]], frames: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    begun = [say('alice', BEGIN, transfer=2, **more.get('totals', {})), *frames, say('alice', DONE)]
    return {'name': name, 'items': items, **more, 'frames': begun}


def file(name: str, size: int, **more: Any) -> dict[str, Any]:
    return {'kind': 'file', 'name': name, 'size': size, **more}


def make() -> dict[str, Any]:
    unknown = {'kind': 'bytes', 'name': 'standard input', 'size': 5, 'unknown': True}
    tree = {
        'kind': 'directory',
        'name': 'Übersicht',
        'entries': [
            {'kind': 'directory', 'path': ['a']},
            {'kind': 'file', 'path': ['a', '\u0001/..'], 'size': 7},
            {'kind': 'file', 'path': ['b'], 'size': SMALL + 1},
        ],
    }
    in_tree = [
        say('alice', ITEM, kind='directory', name='Übersicht'),
        say('bob', READY, from_=0),
        say('alice', ITEM, kind='directory', path=['a']),
        SAY_SAVED,
        *small(7, path=['a', '\u0001/..']),
        SAY_SAVED,
        *large(SMALL + 1, kind='file', path=['b'], size=SMALL + 1),
        SAY_SAVED,
        say('alice', CLOSE),
        SAY_SAVED,
    ]
    tool = {'kind': 'file', 'name': 'tool', 'size': 3, 'executable': True, 'modified_at': 1_000_000_000}
    bin_ = {
        'kind': 'directory',
        'name': 'bin',
        'modified_at': 2,
        'entries': [
            {'kind': 'directory', 'path': ['a'], 'modified_at': 0},
            {'kind': 'file', 'path': ['a', 'x'], 'size': 1, 'executable': True, 'modified_at': 1},
        ],
    }
    in_bin = [
        say('alice', ITEM, kind='directory', name='bin', modified_at=2),
        say('bob', READY, from_=0),
        say('alice', ITEM, kind='directory', path=['a'], modified_at=0),
        SAY_SAVED,
        say('alice', ITEM, kind='file', path=['a', 'x'], size=1, executable=True, modified_at=1),
        *content(1),
        SAY_SAVED,
        say('alice', CLOSE),
        SAY_SAVED,
    ]
    film = {'kind': 'file', 'name': 'film', 'size': 300_000}
    return {
        'transfers': [
            whole('nothing', [], []),
            whole('an empty file', [file('empty', 0)], [*small(0, name='empty'), SAY_SAVED]),
            whole('a small file', [file('f', SMALL)], [*small(SMALL, name='f'), SAY_SAVED]),
            whole('a large file', [film], [*large(300_000, **film), SAY_SAVED]),
            whole(
                'a file, from where both have it',
                [film],
                [*large(300_000, held=70_001, start=70_001, **film), SAY_SAVED],
                held=70_001,
            ),
            whole(
                'a small file, and how much there is',
                [file('f', 3)],
                [*small(3, name='f'), SAY_SAVED],
                totals={'files': 1, 'bytes': 3},
            ),
            whole('how many, but not how much', [], [], totals={'files': 2**53 - 1}),
            whole('more than was said', [file('f', 3)], [*small(3, name='f'), SAY_SAVED], totals={'files': 0, 'bytes': 0}),
            whole('bytes', [unknown], [*large(5, kind='bytes', name='standard input'), SAY_SAVED]),
            whole('a directory', [tree], in_tree),
            whole('a file to be run', [tool], [say('alice', ITEM, **tool), *content(3), SAY_SAVED]),
            whole('a directory with times', [bin_], in_bin),
            whole(
                'refused',
                [film, file('f', 3)],
                [
                    say('alice', ITEM, **film),
                    say('bob', REFUSED, code='file_refused'),
                    *small(3, name='f'),
                    say('bob', REFUSED, code='file_refused'),
                ],
                refused='file_refused',
            ),
        ],
    }
