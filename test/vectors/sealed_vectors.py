"""sealed.json: docs/protocol.md §3.6 (the token), §3.7 (sealed requests and replies) and §3.8 (invitations)."""

from __future__ import annotations

import json
from typing import Any

from common import ZERO_NONCE, fixed, hkdf, seal
from ticket_vectors import base64url, compact, session_id

NOW = 1_795_176_000
ROUTE = 'POST /userinfo'

TOKEN = fixed("alice's session token")
OTHER_TOKEN = fixed("another session token of alice's")


def token_of(session_key: bytes) -> bytes:
    return hkdf(session_key, b'', b'symbolon/1 session token', 32)


def invitation_token(invitation: bytes) -> bytes:
    return hkdf(invitation, b'', b'symbolon/1 invitation', 32)


def request_key(token: bytes, salt: bytes) -> bytes:
    return hkdf(token, salt, b'symbolon/1 request', 32)


def reply_key(token: bytes, salt: bytes, reply_salt: bytes) -> bytes:
    return hkdf(token, salt + reply_salt, b'symbolon/1 reply', 32)


def seal_request(
    plaintext: bytes,
    salt: bytes,
    token: bytes = TOKEN,
    route: str = ROUTE,
    version: int = 1,
    sid: bytes | None = None,
) -> bytes:
    header = bytes([version]) + (session_id(token) if sid is None else sid) + salt
    return header + seal(request_key(token, salt), ZERO_NONCE, route.encode('ascii') + header, plaintext)


def seal_reply(
    plaintext: bytes,
    salt: bytes,
    reply_salt: bytes,
    token: bytes = TOKEN,
    route: str = ROUTE,
    version: int = 1,
    sid: bytes | None = None,
) -> bytes:
    header = bytes([version]) + reply_salt
    aad = route.encode('ascii') + (session_id(token) if sid is None else sid) + header
    return header + seal(reply_key(token, salt, reply_salt), ZERO_NONCE, aad, plaintext)


def asking(**fields: Any) -> dict[str, Any]:
    return {**fields, 'time': NOW, 'id': base64url(fixed('id of a request', 16))}


def answer(status: int, body: Any) -> dict[str, Any]:
    return {'status': status, 'time': NOW, 'body': body}


def flipped(data: bytes, position: int, mask: int = 0x01) -> bytes:
    changed = bytearray(data)
    changed[position] ^= mask
    return bytes(changed)


def requests() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []

    def request(name: str, plaintext: bytes, route: str = ROUTE, token: bytes = TOKEN) -> None:
        salt = fixed(f'salt of request: {name}')
        cases.append(
            {
                'name': name,
                'token': token.hex(),
                'salt': salt.hex(),
                'route': route,
                'json': plaintext.hex(),
                'compact': plaintext == compact(json.loads(plaintext)),
                'sid': session_id(token).hex(),
                'key': request_key(token, salt).hex(),
                'request': seal_request(plaintext, salt, token, route).hex(),
            }
        )

    request('alice asks for bob', compact(asking(receiver='bob')))
    request('the same JSON under another salt', compact(asking(receiver='bob')))
    request('bob listens', compact(asking(port=52011)), 'POST /listen', fixed("bob's session token"))
    request('alice logs out', compact(asking()), 'POST /logout')
    request(
        'another path, with another method and a hyphen', compact(asking()), 'DELETE /a-path/of_nobody'
    )
    request('a token of zeros', compact(asking(receiver='__proto__')), token=bytes(32))
    request(
        'white space, another order, an escape and an unknown field of every type',
        json.dumps(
            {
                'id': asking()['id'],
                'x-object': {'secret': None, 'list': [1, True, 'ü', -0.5]},
                'time': NOW,
                'x-null': None,
                'receiver': 'bob',
            },
            indent=1,
        )
        .replace('"bob"', '"\\u0062ob"')
        .encode(),
    )
    request('characters beyond ASCII, in UTF-8', compact(asking(receiver='bob', note='Grüße, 世界 👋')))
    return cases


def replies() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []

    def reply(name: str, plaintext: bytes, route: str = ROUTE, token: bytes = TOKEN) -> None:
        salt, reply_salt = fixed(f'request salt of: {name}'), fixed(f'reply salt of: {name}')
        cases.append(
            {
                'name': name,
                'token': token.hex(),
                'route': route,
                'request_salt': salt.hex(),
                'reply_salt': reply_salt.hex(),
                'json': plaintext.hex(),
                'compact': plaintext == compact(json.loads(plaintext)),
                'sid': session_id(token).hex(),
                'key': reply_key(token, salt, reply_salt).hex(),
                'reply': seal_reply(plaintext, salt, reply_salt, token, route).hex(),
            }
        )

    def problem(status: int, code: str) -> bytes:
        return compact(
            answer(
                status,
                {'type': f'urn:symbolon:error:{code}', 'title': code, 'status': status, 'code': code},
            )
        )

    where_bob_listens = {
        'ip_addr': '127.0.0.1',
        'port': 52011,
        'secret': base64url(fixed('channel secret')),
        'senderinfo': base64url(fixed('stands for a ticket', 250)),
        'expires_at': NOW + 300,
        'time': NOW,
    }
    reply('where bob listens', compact(answer(200, where_bob_listens)))
    reply('the same JSON under other salts', compact(answer(200, where_bob_listens)))
    reply(
        'bob is heard of',
        compact(
            answer(200, {'ip_addr': '::1', 'port': 52011, 'expires_at': NOW + 43200, 'time': NOW})
        ),
        'POST /listen',
        fixed("bob's session token"),
    )
    reply('alice is gone', compact(answer(200, {'time': NOW})), 'POST /logout')
    reply('a problem', problem(409, 'receiver_offline'))
    reply("the client's clock is wrong", problem(401, 'clock_wrong'))
    reply('a token of zeros', problem(503, 'store_unavailable'), token=bytes(32))
    reply(
        'white space, another order and an unknown field',
        json.dumps(
            {'x-list': [None, 'ü'], 'body': {'time': NOW}, 'time': NOW, 'status': 200}, indent=1
        ).encode(),
        'POST /logout',
    )
    return cases


NOT_JSON = {
    'nothing inside': b'',
    'not JSON': b'receiver=bob',
    'JSON cut short': compact(answer(200, {}) | asking(receiver='bob'))[:-1],
    'bytes after the JSON': compact(answer(200, {}) | asking(receiver='bob')) + b'{}',
    'not UTF-8': compact(answer(200, {}) | asking(receiver='@')).replace(b'@', b'\xff'),
    'UTF-16': json.dumps(answer(200, {}) | asking(receiver='bob')).encode('utf-16-le'),
}

NOT_AN_OBJECT = {
    'an array': compact([answer(200, {}) | asking(receiver='bob')]),
    'a string': compact('status time body receiver id'),
    'a number': b'1',
    'null': b'null',
}


def refused_requests() -> list[dict[str, Any]]:
    """What a KDC whose only session has `token` MUST refuse at `NOW`, where it came to `route`."""
    cases: list[dict[str, Any]] = []

    codes = {
        'format': 'request_refused',
        'session': 'token_unknown',
        'seal': 'request_refused',
        'json': None,  # the document does not say
        'fields': 'invalid_request',
        'clock': 'clock_wrong',
    }

    def refuse(
        name: str, fault: str, request: bytes, token: bytes = TOKEN, route: str = ROUTE
    ) -> None:
        cases.append(
            {
                'name': name,
                'fault': fault,
                'code': codes[fault],
                'token': token.hex(),
                'route': route,
                'request': request.hex(),
            }
        )

    plaintext = compact(asking(receiver='bob'))
    good = seal_request(plaintext, fixed('salt of the refused'))
    for where, position, mask in (
        ('first bit of sid', 1, 0x80),
        ('last bit of sid', 16, 0x01),
        ('first bit of salt', 17, 0x80),
        ('last bit of salt', 48, 0x01),
        ('first bit of the ciphertext', 49, 0x80),
        ('last bit of the ciphertext', len(good) - 17, 0x01),
        ('first bit of the tag', len(good) - 16, 0x80),
        ('last bit of the tag', len(good) - 1, 0x01),
    ):
        refuse(
            f'{where} flipped',
            'session' if position <= 16 else 'seal',
            flipped(good, position, mask),
        )
    for version in (0x00, 0x02, 0x81, 0xFF):
        refuse(
            f'version {version:#04x}, properly sealed',
            'format',
            seal_request(plaintext, fixed(f'salt of version {version}'), version=version),
        )
        refuse(
            f'version {version:#04x} in place of 0x01', 'format', bytes([version]) + good[1:]
        )
    for route in (
        'POST /listen',
        'POST /userinf',
        'POST /userinfo/',
        'POST /userinfo?',
        'POST /Userinfo',
        'post /userinfo',
        'GET /userinfo',
        'POST  /userinfo',
        'POST/userinfo',
        '/userinfo',
        '',
    ):
        refuse(f'judged as {route!r}', 'seal', good, route=route)
    refuse('of another session of the same principal', 'session', good, OTHER_TOKEN)
    refuse(
        'of another session, with a bit of the tag flipped',
        'session',
        flipped(good, len(good) - 1),
        OTHER_TOKEN,
    )
    elsewhere = seal_request(
        plaintext, fixed('salt of the other sid'), sid=session_id(OTHER_TOKEN)
    )
    refuse("under one session's token, with the id of another", 'session', elsewhere)
    refuse('the same, where that other session is known', 'seal', elsewhere, OTHER_TOKEN)
    refuse(
        "made by a stranger under a token of their own, with alice's session id",
        'seal',
        seal_request(
            plaintext,
            fixed('salt of the stranger'),
            fixed("a stranger's token"),
            sid=session_id(TOKEN),
        ),
    )
    another = seal_request(plaintext, fixed('salt of another request'))
    refuse(
        'the ciphertext of one request under the header of another', 'seal', good[:49] + another[49:]
    )
    salt = fixed('salt, other associated data')
    header = b'\x01' + session_id(TOKEN) + salt
    for what, aad in (
        ('without associated data', b''),
        ('without the route', header),
        ('without the header', ROUTE.encode()),
        ('with the route after the header', header + ROUTE.encode()),
        ('with a zero byte after the route', ROUTE.encode() + b'\x00' + header),
    ):
        refuse(
            f'sealed {what}',
            'seal',
            header + seal(request_key(TOKEN, salt), ZERO_NONCE, aad, plaintext),
        )
    for what, key in (
        ('the key of a ticket', hkdf(TOKEN, salt, b'symbolon/1 ticket', 32)),
        ('the key of a reply', hkdf(TOKEN, salt, b'symbolon/1 reply', 32)),
        ('the token itself', TOKEN),
    ):
        refuse(
            f'sealed with {what}',
            'seal',
            header + seal(key, ZERO_NONCE, ROUTE.encode() + header, plaintext),
        )
    refuse('no byte at all', 'format', b'')
    refuse('one byte', 'format', good[:1])
    refuse('the version and the session id alone', 'format', good[:17])
    refuse('the header less a byte', 'format', good[:48])
    refuse('the header alone', 'format', good[:49])
    refuse('64 bytes: no room for the tag', 'format', good[:64])
    refuse('the first 65 bytes', 'seal', good[:65])
    refuse('the last byte cut off', 'seal', good[:-1])
    refuse('a byte added', 'seal', good + b'\x00')
    for what, inside in NOT_JSON.items():
        refuse(what, 'json', seal_request(inside, fixed(f'salt of: {what}')))

    said = asking(receiver='bob')
    faulty = {
        **NOT_AN_OBJECT,
        'no time': compact({name: said[name] for name in ('receiver', 'id')}),
        'no id': compact({name: said[name] for name in ('receiver', 'time')}),
        'time is null': compact({**said, 'time': None}),
        'time is a string': compact({**said, 'time': str(NOW)}),
        'time is true': compact({**said, 'time': True}),
        'time is not whole': compact({**said, 'time': NOW + 0.5}),
        'id is null': compact({**said, 'id': None}),
        'id is a number': compact({**said, 'id': 7}),
        'id is empty': compact({**said, 'id': ''}),
        'id is of 15 bytes': compact({**said, 'id': base64url(fixed('an id', 15))}),
        'id is of 17 bytes': compact({**said, 'id': base64url(fixed('an id', 17))}),
        'id is base64url with padding': compact({**said, 'id': said['id'] + '=='}),
        'id is in hexadecimal': compact({**said, 'id': fixed('an id', 16).hex()}),
    }
    for what, inside in faulty.items():
        refuse(what, 'fields', seal_request(inside, fixed(f'salt of: {what}')))
    for what, offset in {
        '301 s behind': -301,
        '301 s ahead': 301,
        'a day behind': -86400,
        'a day ahead': 86400,
    }.items():
        inside = compact({**said, 'time': NOW + offset})
        refuse(f'a clock {what}', 'clock', seal_request(inside, fixed(f'salt of: {what}')))
    return cases


def refused_replies() -> list[dict[str, Any]]:
    """What a client that has sent a request to `route`, with `request_salt`, MUST NOT take as its reply."""
    cases: list[dict[str, Any]] = []
    salt, reply_salt = fixed('request salt of the refused'), fixed('reply salt of the refused')
    plaintext = compact(answer(200, {'time': NOW}))
    good = seal_reply(plaintext, salt, reply_salt)

    def refuse(
        name: str,
        fault: str,
        reply: bytes,
        token: bytes = TOKEN,
        route: str = ROUTE,
        request_salt: bytes = salt,
    ) -> None:
        cases.append(
            {
                'name': name,
                'fault': fault,
                'token': token.hex(),
                'route': route,
                'request_salt': request_salt.hex(),
                'reply': reply.hex(),
            }
        )

    for where, position, mask in (
        ('first bit of the reply salt', 1, 0x80),
        ('last bit of the reply salt', 32, 0x01),
        ('first bit of the ciphertext', 33, 0x80),
        ('last bit of the ciphertext', len(good) - 17, 0x01),
        ('first bit of the tag', len(good) - 16, 0x80),
        ('last bit of the tag', len(good) - 1, 0x01),
    ):
        refuse(f'{where} flipped', 'seal', flipped(good, position, mask))
    for version in (0x00, 0x02, 0x81, 0xFF):
        refuse(
            f'version {version:#04x}, properly sealed',
            'format',
            seal_reply(plaintext, salt, fixed(f'reply salt of {version}'), version=version),
        )
        refuse(
            f'version {version:#04x} in place of 0x01', 'format', bytes([version]) + good[1:]
        )
    for route in ('POST /logout', 'POST /userinf', 'POST /userinfo/', 'GET /userinfo', ''):
        refuse(f'to {route!r}', 'seal', good, route=route)
    refuse('of another session', 'seal', good, OTHER_TOKEN)
    refuse(
        'properly sealed under this token, for the id of another session',
        'seal',
        seal_reply(plaintext, salt, fixed('reply salt, other sid'), sid=session_id(OTHER_TOKEN)),
    )
    refuse(
        'to another request of the same session', 'seal', good, request_salt=fixed('another request')
    )
    refuse("to a request whose salt differs in a bit", 'seal', good, request_salt=flipped(salt, 31))
    header = b'\x01' + reply_salt
    sid, route = session_id(TOKEN), ROUTE.encode()
    for what, aad in (
        ('without associated data', b''),
        ('without the route', sid + header),
        ('without the session id', route + header),
        ('without the header', route + sid),
        ("with the request's salt", route + sid + salt + header),
    ):
        refuse(
            f'sealed {what}',
            'seal',
            header + seal(reply_key(TOKEN, salt, reply_salt), ZERO_NONCE, aad, plaintext),
        )
    for what, key in (
        ("the key of the request", request_key(TOKEN, salt)),
        ('the salts exchanged', reply_key(TOKEN, reply_salt, salt)),
        ("the reply's salt alone", reply_key(TOKEN, b'', reply_salt)),
        ("the request's salt alone", reply_key(TOKEN, salt, b'')),
    ):
        refuse(
            f'sealed with {what}',
            'seal',
            header + seal(key, ZERO_NONCE, route + sid + header, plaintext),
        )
    refuse('the request itself, sent back', 'seal', seal_request(plaintext, salt))
    refuse('no byte at all', 'format', b'')
    refuse('one byte', 'format', good[:1])
    refuse('the header less a byte', 'format', good[:32])
    refuse('the header alone', 'format', good[:33])
    refuse('48 bytes: no room for the tag', 'format', good[:48])
    refuse('the first 49 bytes', 'seal', good[:49])
    refuse('the last byte cut off', 'seal', good[:-1])
    refuse('a byte added', 'seal', good + b'\x00')

    said = answer(200, {'time': NOW})
    inside = {
        **NOT_AN_OBJECT,
        'no status': compact({name: said[name] for name in ('time', 'body')}),
        'no time': compact({name: said[name] for name in ('status', 'body')}),
        'no body': compact({name: said[name] for name in ('status', 'time')}),
        'an object without any field': b'{}',
        'the body alone': compact(said['body']),
        'status is 20': compact({**said, 'status': 20}),
        'status is 1000': compact({**said, 'status': 1000}),
    }
    for field in ('status', 'time'):
        for what, value in {
            'null': None,
            'a string': str(said[field]),
            'true': True,
            'in an array': [said[field]],
            'not whole': said[field] + 0.5,
        }.items():
            inside[f'{field} is {what}'] = compact({**said, field: value})
    for fault, plaintexts in {'json': NOT_JSON, 'fields': inside}.items():
        for what, text in plaintexts.items():
            refuse(what, fault, seal_reply(text, salt, fixed(f'reply salt of: {what}')))
    return cases


def make() -> dict[str, Any]:
    session_keys = [
        fixed('session key of OPAQUE', 64),
        fixed('another session key of OPAQUE', 64),
        bytes(64),
        bytes([0xFF] * 64),
        bytes(range(64)),
    ]
    invitations = [fixed('an invitation', 16), bytes(16), bytes([0xFF] * 16)]
    return {
        'about': 'docs/protocol.md §3.6 to §3.8; made by make.py; the fields are explained in README.md',
        'now': NOW,
        'tokens': [
            {
                'session_key': key.hex(),
                'token': token_of(key).hex(),
                'sid': session_id(token_of(key)).hex(),
            }
            for key in session_keys
        ],
        'invitations': [
            {
                'invitation': base64url(code),
                'token': invitation_token(code).hex(),
                'sid': session_id(invitation_token(code)).hex(),
            }
            for code in invitations
        ],
        'requests': requests(),
        'replies': replies(),
        'refused_requests': refused_requests(),
        'refused_replies': refused_replies(),
    }
