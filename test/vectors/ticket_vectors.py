"""ticket.json: docs/protocol.md §4."""

from __future__ import annotations

import base64
import json
from typing import Any

from common import ZERO_NONCE, fixed, hkdf, seal

SKEW = 60
ISSUED_AT = 1_795_176_000
EXPIRES_AT = ISSUED_AT + 300
NOW = ISSUED_AT + 10

TOKEN = fixed("bob's session token")
OTHER_TOKEN = fixed("another session token of bob's")
SECRET = fixed('channel secret')


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def session_id(token: bytes) -> bytes:
    return hkdf(token, b'', b'symbolon/1 session id', 16)


def ticket_key(token: bytes, salt: bytes) -> bytes:
    return hkdf(token, salt, b'symbolon/1 ticket', 32)


def fields(**changes: Any) -> dict[str, Any]:
    """The six fields; a change to None takes a field away."""
    all_fields = {
        'username': 'alice',
        'ip_addr': '127.0.0.1',
        'secret': base64url(SECRET),
        'receiver': 'bob',
        'issued_at': ISSUED_AT,
        'expires_at': EXPIRES_AT,
        **changes,
    }
    return {name: value for name, value in all_fields.items() if value is not None}


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()


def seal_ticket(
    plaintext: bytes, salt: bytes, token: bytes = TOKEN, version: int = 1, sid: bytes | None = None
) -> bytes:
    header = bytes([version]) + (session_id(token) if sid is None else sid) + salt
    return header + seal(ticket_key(token, salt), ZERO_NONCE, header, plaintext)


def whole_ticket(
    name: str, token: bytes, salt: bytes, plaintext: bytes, made_by_kdc: bool
) -> dict[str, Any]:
    said = json.loads(plaintext)
    ticket = seal_ticket(plaintext, salt, token)
    return {
        'name': name,
        'made_by_kdc': made_by_kdc,
        'token': token.hex(),
        'salt': salt.hex(),
        'secret': base64.urlsafe_b64decode(said['secret'] + '=').hex(),
        'fields': said,
        'plaintext': plaintext.hex(),
        'sid': session_id(token).hex(),
        'key': ticket_key(token, salt).hex(),
        'ticket': ticket.hex(),
        'senderinfo': base64url(ticket),
        'receiver': said['receiver'],
        'now': said['issued_at'] + 10,
    }


def tickets() -> list[dict[str, Any]]:
    padded = fields(note='')
    padded['note'] = 'x' * (4096 - len(seal_ticket(compact(padded), bytes(32))))
    return [
        whole_ticket('alice to bob', TOKEN, fixed('salt 1'), compact(fields()), True),
        whole_ticket(
            'the same fields under another salt', TOKEN, fixed('salt 2'), compact(fields()), True
        ),
        whole_ticket(
            'from an IPv6 address to another session, for an hour',
            OTHER_TOKEN,
            fixed('salt 3'),
            compact(
                fields(
                    username='_build-01.example',
                    ip_addr='2001:db8::7',
                    secret=base64url(fixed('another secret')),
                    expires_at=ISSUED_AT + 3600,
                )
            ),
            True,
        ),
        whole_ticket(
            'the longest names, and names that are properties of every JavaScript object',
            fixed('token of __proto__'),
            fixed('salt 4'),
            compact(fields(username='a' * 64, receiver='__proto__')),
            True,
        ),
        whole_ticket(
            'a secret whose base64url has - and _',
            TOKEN,
            fixed('salt 5'),
            compact(fields(secret=base64url(bytes.fromhex('fbefbe') * 10 + b'\xff\xff'))),
            True,
        ),
        whole_ticket(
            'fields in another order, with white space, an escape and an unknown field of every type',
            TOKEN,
            fixed('salt 6'),
            json.dumps(
                {
                    'expires_at': EXPIRES_AT,
                    'x-object': {'secret': None, 'list': [1, True, 'ü']},
                    'receiver': 'bob',
                    'x-null': None,
                    **fields(),
                },
                indent=1,
            )
            .replace('"alice"', '"\\u0061lice"')
            .encode(),
            False,
        ),
        whole_ticket('4096 bytes, the longest', TOKEN, fixed('salt 7'), compact(padded), False),
        whole_ticket(
            'issued as far ahead of the receiver as clocks may differ',
            TOKEN,
            fixed('salt 8'),
            compact(fields()),
            True,
        )
        | {'now': ISSUED_AT - SKEW},
        whole_ticket(
            'in the last second of its time', TOKEN, fixed('salt 9'), compact(fields()), True
        )
        | {'now': EXPIRES_AT + SKEW - 1},
    ]


def refused() -> list[dict[str, Any]]:
    """Each ticket with the first failure in the order of §4.3, which alone decides the code."""
    cases: list[dict[str, Any]] = []

    def refuse(
        code: str,
        name: str,
        ticket: bytes,
        token: bytes = TOKEN,
        receiver: str = 'bob',
        now: int = NOW,
    ) -> None:
        cases.append(
            {
                'name': name,
                'code': code,
                'token': token.hex(),
                'receiver': receiver,
                'now': now,
                'ticket': ticket.hex(),
            }
        )

    def refuse_plaintext(name: str, plaintext: bytes) -> None:
        """The plaintext is at fault, so the ticket is otherwise in order, with a salt of its own."""
        refuse('ticket_damaged', name, seal_ticket(plaintext, fixed(f'salt of: {name}')))

    def flipped(ticket: bytes, position: int, mask: int = 0x01) -> bytes:
        changed = bytearray(ticket)
        changed[position] ^= mask
        return bytes(changed)

    good = seal_ticket(compact(fields()), fixed('salt of the refused'))
    header = good[:49]

    # 1. The length.
    refuse('ticket_damaged', 'no byte at all', b'')
    refuse('ticket_damaged', 'one byte', good[:1])
    refuse('ticket_damaged', 'the header alone', header)
    refuse('ticket_damaged', '64 bytes, one too few', good[:64])
    refuse(
        'ticket_damaged',
        '64 bytes of another version: the length is judged first',
        b'\x02' + good[1:64],
    )
    refuse(
        'ticket_damaged',
        '65 bytes, properly sealed, with nothing inside',
        seal_ticket(b'', fixed('salt, empty')),
    )
    too_long = fields(note='')
    too_long['note'] = 'x' * (4097 - len(seal_ticket(compact(too_long), bytes(32))))
    refuse(
        'ticket_damaged',
        '4097 bytes, properly sealed, one too many',
        seal_ticket(compact(too_long), fixed('salt 4097')),
    )

    # 2. The version.
    for version in (0x00, 0x02, 0x03, 0x81, 0xFF):
        changed = seal_ticket(
            compact(fields()), fixed(f'salt of version {version}'), version=version
        )
        refuse('ticket_version', f'version {version:#04x}, properly sealed', changed)
    refuse(
        'ticket_version',
        'another version for another session: the version is judged first',
        b'\x02' + good[1:],
        OTHER_TOKEN,
    )

    # 3. The session.
    refuse('ticket_not_for_us', 'for another session of the same principal', good, OTHER_TOKEN)
    refuse(
        'ticket_not_for_us',
        'properly sealed under this token, with the id of another session',
        seal_ticket(
            compact(fields()), fixed('salt of the other sid'), sid=session_id(OTHER_TOKEN)
        ),
    )
    refuse('ticket_not_for_us', 'first bit of sid flipped', flipped(good, 1, 0x80))
    refuse('ticket_not_for_us', 'last bit of sid flipped', flipped(good, 16))
    refuse(
        'ticket_not_for_us',
        'a bit of sid and a bit of the tag flipped',
        flipped(flipped(good, 5), len(good) - 1),
    )

    # 4. The AEAD.
    refuse('ticket_damaged', 'first bit of salt flipped', flipped(good, 17, 0x80))
    refuse('ticket_damaged', 'last bit of salt flipped', flipped(good, 48))
    refuse('ticket_damaged', 'first bit of the ciphertext flipped', flipped(good, 49, 0x80))
    refuse('ticket_damaged', 'last bit of the ciphertext flipped', flipped(good, len(good) - 17))
    refuse('ticket_damaged', 'first bit of the tag flipped', flipped(good, len(good) - 16, 0x80))
    refuse('ticket_damaged', 'last bit of the tag flipped', flipped(good, len(good) - 1))
    refuse('ticket_damaged', 'the last byte cut off', good[:-1])
    refuse('ticket_damaged', 'a byte added', good + b'\x00')
    refuse(
        'ticket_damaged',
        'the ciphertext of one ticket under the header of another',
        header + seal_ticket(compact(fields()), fixed('salt 2'))[49:],
    )
    salt = fixed('salt, no aad')
    bare_header = b'\x01' + session_id(TOKEN) + salt
    refuse(
        'ticket_damaged',
        'sealed without the header as associated data',
        bare_header + seal(ticket_key(TOKEN, salt), ZERO_NONCE, b'', compact(fields())),
    )
    salt = fixed('salt, another key')
    foreign_header = b'\x01' + session_id(TOKEN) + salt
    refuse(
        'ticket_damaged',
        'made by a stranger, under a token of their own, with the receiver\'s sid',
        foreign_header
        + seal(
            ticket_key(fixed("a stranger's token"), salt),
            ZERO_NONCE,
            foreign_header,
            compact(fields()),
        ),
    )

    # 5. The plaintext.
    refuse_plaintext('not JSON', b'username=alice')
    refuse_plaintext('JSON cut short', compact(fields())[:-1])
    refuse_plaintext('bytes after the JSON', compact(fields()) + b'{}')
    refuse_plaintext('a zero byte after the JSON', compact(fields()) + b'\x00')
    refuse_plaintext('a comma after the last field', compact(fields())[:-1] + b',}')
    refuse_plaintext('not UTF-8', compact(fields(note='@')).replace(b'@', b'\xff'))
    refuse_plaintext('UTF-16', json.dumps(fields()).encode('utf-16-le'))
    refuse_plaintext('an array', compact([fields()]))
    refuse_plaintext('a string', compact('username ip_addr secret receiver issued_at expires_at'))
    refuse_plaintext('a number', b'1')
    refuse_plaintext('null', b'null')
    refuse_plaintext('an object without any field', b'{}')
    for field in fields():
        refuse_plaintext(f'{field} is missing', compact(fields(**{field: None})))
    for field in fields():
        refuse_plaintext(f'{field} is null', compact({**fields(), field: None}))
        refuse_plaintext(f'{field} is in an array', compact(fields(**{field: [fields()[field]]})))
    for field in ('username', 'ip_addr', 'secret', 'receiver'):
        refuse_plaintext(f'{field} is a number', compact(fields(**{field: 7})))
    for field in ('issued_at', 'expires_at'):
        refuse_plaintext(f'{field} is a string', compact(fields(**{field: str(fields()[field])})))
        refuse_plaintext(f'{field} is true', compact(fields(**{field: True})))
        refuse_plaintext(
            f'{field} is not whole', compact(fields(**{field: fields()[field] + 0.5}))
        )
    text = base64url(SECRET)
    stray = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    secrets = {
        'empty': '',
        '31 bytes': base64url(SECRET[:31]),
        '33 bytes': base64url(SECRET + b'!'),
        'base64url with padding': text + '=',
        'base64url with a stray bit in its last character': text[:-1]
        + stray[stray.index(text[-1]) | 1],
        'base64url with two stray bits in its last character': text[:-1]
        + stray[stray.index(text[-1]) | 3],
        'base64url with a line feed at its end': text + '\n',
        'base64url with a space inside': text[:20] + ' ' + text[20:],
        'in the alphabet with + and /': base64.b64encode(
            bytes.fromhex('fbefbe') * 10 + b'\xff\xff'
        )
        .rstrip(b'=')
        .decode(),
        'in hexadecimal': SECRET.hex(),
        'base64url with a character that only looks like one of it': text[:-1]
        + chr(ord('A') + 0xFEE0),
    }
    for what, value in secrets.items():
        refuse_plaintext(f'secret is {what}', compact(fields(secret=value)))

    # 6. The receiver.
    refuse('ticket_not_for_us', 'for another principal', good, receiver='carol')
    refuse(
        'ticket_not_for_us',
        'for a principal whose name only begins alike',
        seal_ticket(compact(fields(receiver='bobby')), fixed('salt of bobby')),
    )
    refuse(
        'ticket_not_for_us',
        'for another principal and expired: the receiver is judged first',
        good,
        receiver='carol',
        now=EXPIRES_AT + 3600,
    )

    # 7. The times.
    refuse(
        'ticket_not_yet_valid', 'issued one second too far ahead', good, now=ISSUED_AT - SKEW - 1
    )
    refuse('ticket_not_yet_valid', 'issued a day ahead', good, now=ISSUED_AT - 86400)
    refuse(
        'ticket_not_yet_valid',
        'issued after it expires: the start is judged first',
        seal_ticket(compact(fields(issued_at=EXPIRES_AT + 3600)), fixed('salt, backwards')),
        now=EXPIRES_AT + SKEW,
    )
    refuse('ticket_expired', 'the first second past its time', good, now=EXPIRES_AT + SKEW)
    refuse('ticket_expired', 'a day past its time', good, now=EXPIRES_AT + 86400)
    return cases


def sequences() -> list[dict[str, Any]]:
    """What a receiver says to several tickets in a row, with one memory; `null` is acceptance."""

    def step(now: int, ticket: bytes, code: str | None) -> dict[str, Any]:
        return {'now': now, 'ticket': ticket.hex(), 'code': code}

    salt = fixed('salt, replayed')
    first = seal_ticket(compact(fields()), salt)
    same_salt = seal_ticket(compact(fields(username='mallory')), salt)
    other_salt = seal_ticket(compact(fields()), fixed('salt, not replayed'))
    longer = seal_ticket(compact(fields(expires_at=EXPIRES_AT + 600)), fixed('salt, longer'))
    early = seal_ticket(compact(fields()), fixed('salt, early'))
    damaged = first[:-1] + bytes([first[-1] ^ 1])
    return [
        {
            'name': 'a ticket is accepted once, and refused as long as its time lasts',
            'token': TOKEN.hex(),
            'receiver': 'bob',
            'steps': [
                step(NOW, first, None),
                step(NOW, first, 'ticket_replayed'),
                step(NOW, same_salt, 'ticket_replayed'),
                step(NOW + 1, other_salt, None),
                step(NOW + 2, longer, None),
                step(EXPIRES_AT + SKEW - 1, first, 'ticket_replayed'),
                step(EXPIRES_AT + SKEW, first, 'ticket_expired'),
                step(EXPIRES_AT + SKEW, longer, 'ticket_replayed'),
                step(EXPIRES_AT + 600 + SKEW - 1, longer, 'ticket_replayed'),
                step(EXPIRES_AT + 600 + SKEW, longer, 'ticket_expired'),
            ],
        },
        {
            'name': 'a ticket that was refused is not remembered as accepted',
            'token': TOKEN.hex(),
            'receiver': 'bob',
            'steps': [
                step(ISSUED_AT - SKEW - 1, early, 'ticket_not_yet_valid'),
                step(ISSUED_AT - SKEW, early, None),
                step(NOW, damaged, 'ticket_damaged'),
                step(NOW, first, None),
                step(NOW, early, 'ticket_replayed'),
            ],
        },
        {
            'name': 'a memory that is full refuses, and forgets nothing before its time',
            'token': TOKEN.hex(),
            'receiver': 'bob',
            'memory': 1,
            'steps': [
                step(NOW, first, None),
                step(NOW, longer, 'request_refused'),
                step(EXPIRES_AT + SKEW - 1, longer, 'request_refused'),
                # When a place is free again is not said: salts are kept *at least* until expires_at + 60.
                step(EXPIRES_AT + SKEW - 1, first, 'ticket_replayed'),
                step(EXPIRES_AT + SKEW, first, 'ticket_expired'),
            ],
        },
    ]


def make() -> dict[str, Any]:
    tokens = [TOKEN, OTHER_TOKEN, bytes(32), bytes([0xFF] * 32), bytes(range(32))]
    return {
        'about': 'docs/protocol.md §4; made by make.py; the fields are explained in README.md',
        'session_ids': [
            {'token': token.hex(), 'sid': session_id(token).hex()} for token in tokens
        ],
        'ticket_keys': [
            {'token': token.hex(), 'salt': salt.hex(), 'key': ticket_key(token, salt).hex()}
            for token in tokens
            for salt in (fixed('salt of a key'), bytes(32))
        ],
        'tickets': tickets(),
        'refused': refused(),
        'sequences': sequences(),
    }
