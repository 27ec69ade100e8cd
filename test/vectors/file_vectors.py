"""file.json: docs/protocol.md §7.7."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from common import fixed, hkdf, seal

CHUNK = 262_144
LAST_OF_PATTERN = 0xFA


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def pattern(length: int) -> bytes:
    """00 01 … fa 00 01 …: 251 bytes, a prime, so that no two chunks begin alike."""
    period = bytes(range(LAST_OF_PATTERN + 1))
    return (period * (length // len(period) + 1))[:length]


def file_key(label: str) -> bytes:
    return fixed(f'file key, {label}')


def file_id(label: str) -> bytes:
    return fixed(f'file id, {label}', 16)


def stream_key(label: str) -> bytes:
    return hkdf(file_key(label), file_id(label), b'symbolon/1 file', 32)


def nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, 'big') + bytes([last])


def chunks_of(plaintext: bytes) -> list[bytes]:
    return [plaintext[start : start + CHUNK] for start in range(0, len(plaintext), CHUNK)] or [b'']


def seal_chunks(label: str, plaintext: bytes) -> list[bytes]:
    chunks = chunks_of(plaintext)
    last = len(chunks) - 1
    return [
        seal(stream_key(label), nonce(index, index == last), b'', chunk)
        for index, chunk in enumerate(chunks)
    ]


def described(index: int, last: bool, sealed: bytes) -> dict[str, Any]:
    """A short chunk in full, a long one by its hash."""
    about = {'nonce': nonce(index, last).hex(), 'length': len(sealed)}
    if len(sealed) <= 64:
        return {**about, 'sealed': sealed.hex()}
    return {**about, 'sha256': hashlib.sha256(sealed).hexdigest()}


def note(label: str, plaintext: bytes, **changes: Any) -> dict[str, Any]:
    """The note's fields; a change to None takes a field away."""
    fields = {
        'file': base64url(file_id(label)),
        'key': base64url(file_key(label)),
        'name': 'Übersicht.txt',
        'size': len(plaintext),
        'sha256': base64url(hashlib.sha256(plaintext).digest()),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def whole_file(size: int) -> dict[str, Any]:
    label, plaintext = f'{size} bytes', pattern(size)
    sealed = seal_chunks(label, plaintext)
    last = len(sealed) - 1
    return {
        'size': size,
        'file': file_id(label).hex(),
        'file_key': file_key(label).hex(),
        'stream_key': stream_key(label).hex(),
        'bytes': sum(len(chunk) for chunk in sealed),
        'chunks': [described(index, index == last, chunk) for index, chunk in enumerate(sealed)],
        'note': compact(note(label, plaintext)),
    }


def far_chunk(index: int, count: int) -> dict[str, Any]:
    """A chunk of a file of `count` chunks, too far in for the whole file to be made."""
    label, plaintext = f'far, {index} of {count}', b'far in'
    if index < count - 1:
        plaintext = pattern(CHUNK)
    sealed = seal(stream_key(label), nonce(index, index == count - 1), b'', plaintext)
    return {
        'size': (count - 1) * CHUNK + len(b'far in'),
        'file': file_id(label).hex(),
        'file_key': file_key(label).hex(),
        'index': index,
        'plaintext': {'pattern_from': 0, 'length': CHUNK} if index < count - 1 else plaintext.hex(),
        **described(index, index == count - 1, sealed),
    }


def refused_notes() -> list[dict[str, str]]:
    label, plaintext = 'refused notes', b'hello'

    def changed(fault: str, **changes: Any) -> dict[str, str]:
        return {'name': fault, 'note': compact(note(label, plaintext, **changes))}

    text = compact(note(label, plaintext))
    return [
        *(changed(f'no {field}', **{field: None}) for field in note(label, plaintext)),
        changed('file of 15 bytes', file=base64url(bytes(15))),
        changed('file with padding', file=base64.urlsafe_b64encode(bytes(16)).decode()),
        changed('file with bits after its last byte', file=base64url(bytes(16))[:-1] + 'B'),
        changed('key of 31 bytes', key=base64url(bytes(31))),
        changed('key of 33 bytes', key=base64url(bytes(33))),
        changed('key in the other alphabet', key='+' * 42 + 'A'),
        changed('key that is no text', key=[0] * 32),
        changed('executable that is neither', executable=1),
        changed('time that is no number', modified_at='1000000000'),
        changed('time before 1970', modified_at=-1),
        changed('name that is no text', name=1),
        changed('name of 1025 bytes', name='ä' * 512 + 'x'),
        changed('size below 0', size=-1),
        changed('size with a fraction', size=0.5),
        changed('size in text', size='5'),
        changed('size beyond 2^53', size=2**53),
        changed('sha256 of 31 bytes', sha256=base64url(bytes(31))),
        {'name': 'nothing', 'note': ''},
        {'name': 'JSON of something else', 'note': '[]'},
        {'name': 'null', 'note': 'null'},
        {'name': 'cut short', 'note': text[:-1]},
        {'name': 'two of them', 'note': text + text},
    ]


def make() -> dict[str, Any]:
    sizes = [0, 1, 40, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]
    return {
        'files': [whole_file(size) for size in sizes],
        'far_chunks': [far_chunk(255, 257), far_chunk(256, 257), far_chunk(70_000, 70_001)],
        'refused_notes': refused_notes(),
    }
