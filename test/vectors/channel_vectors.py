"""channel.json: docs/protocol.md §5, one conversation byte by byte, and what must be refused in one."""

from __future__ import annotations

from typing import Any

from common import CarelessDH, fixed, handshake_state, key_pair, rekey
from dissononce.dh.x25519.keypair import KeyPair
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.public import PublicKey
from noise_vectors import EPHEMERALS, NN_PSK0, SMALL_ORDER, Conversation
from ticket_vectors import ISSUED_AT, SECRET, TOKEN, compact, fields, seal_ticket

MESSAGE, PART, DATA, ACK, END, ABORT = range(1, 7)
NAMES = {MESSAGE: 'message', PART: 'part', DATA: 'data', ACK: 'ack', END: 'end', ABORT: 'abort'}
MAX_BODY = 65535 - 16 - 3
REKEY_AFTER = 65536

SALT = fixed('salt of the channel')
TICKET = seal_ticket(compact(fields()), SALT)
PROLOGUE = b'symbolon/1 channel' + TICKET

Record = tuple[int, bytes]


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(2, 'big') + data


def encode(records: list[Record]) -> bytes:
    return b''.join(bytes([kind]) + frame(body) for kind, body in records)


def ack(count: int) -> Record:
    return ACK, count.to_bytes(8, 'big')


def pattern(length: int) -> bytes:
    """00 01 … fa, over and over: 251 is prime, so that no piece of it looks like the piece beside it."""
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def describe(body: bytes) -> Any:
    """Long bodies are written as their length, so that the file stays short; they are `pattern(length)`."""
    if len(body) <= 64:
        return body.hex()
    start = body[0]
    assert body == pattern(start + len(body))[start:]
    return {'pattern_from': start, 'length': len(body)}


class Talk:
    """One channel between the sender and the receiver of `TICKET`, from its first byte."""

    def __init__(self) -> None:
        self.talk = Conversation(NN_PSK0, PROLOGUE, SECRET)
        self.talk.handshake([b'', b''])
        first, second = (bytes.fromhex(message['ciphertext']) for message in self.talk.messages)
        self.steps: list[dict[str, Any]] = [
            {
                'from': 'sender',
                'what': 'version, ticket, Noise message 1',
                'bytes': (b'\x01' + frame(TICKET) + frame(first)).hex(),
            },
            {'from': 'receiver', 'what': 'Noise message 2', 'bytes': frame(second).hex()},
        ]

    def say(self, side: str, what: str, *records: Record) -> None:
        message = self.talk.transport(0 if side == 'sender' else 1, encode(list(records)))
        self.steps.append(
            {
                'from': side,
                'what': what,
                'records': [
                    {'type': NAMES[kind], 'body': describe(body)} for kind, body in records
                ],
                'bytes': frame(message).hex(),
            }
        )


def conversation() -> dict[str, Any]:
    talk = Talk()
    say = talk.say
    large = pattern(MAX_BODY + 84)
    greeting = 'Grüße, 世界 👋'.encode()
    say('sender', 'a message', (MESSAGE, b'hi'))
    say('receiver', 'its acknowledgement', ack(1))
    say('receiver', 'a message the other way, not ASCII', (MESSAGE, greeting))
    say('sender', 'its acknowledgement and an empty message together', ack(1), (MESSAGE, b''))
    say('receiver', 'acknowledgement of the empty message', ack(2))
    say(
        'sender',
        'three small messages in one transport message',
        (MESSAGE, b'one'),
        (MESSAGE, b'two'),
        (MESSAGE, b'three'),
    )
    say('receiver', 'one acknowledgement for the three', ack(5))
    say('sender', 'the longest record: the first part of a long message', (PART, large[:MAX_BODY]))
    say('receiver', 'a message that crosses it', (MESSAGE, b'meanwhile'))
    say(
        'sender',
        'an acknowledgement, which may come between parts, and the last part',
        ack(2),
        (MESSAGE, large[MAX_BODY:]),
    )
    say('receiver', 'acknowledgement of the long message', ack(6))
    say(
        'receiver',
        'a message of three parts in one transport message',
        (PART, b'he'),
        (PART, b'l'),
        (MESSAGE, b'lo'),
    )
    say('sender', 'the end of this side', (END, b''))
    say('receiver', 'a message to the side that has ended', (MESSAGE, b'bye'))
    say('sender', 'acknowledgement of two messages, after the end', ack(4))
    say('receiver', 'the end of the other side; both close', (END, b''))
    return {
        'token': TOKEN.hex(),
        'salt': SALT.hex(),
        'secret': SECRET.hex(),
        'fields': fields(),
        'receiver': 'bob',
        'now': ISSUED_AT + 10,
        'ticket': TICKET.hex(),
        'prologue': PROLOGUE.hex(),
        'sender_ephemeral': EPHEMERALS[0].hex(),
        'receiver_ephemeral': EPHEMERALS[1].hex(),
        'handshake_hash': talk.talk.handshake_hash,
        'steps': talk.steps,
        'messages_from_sender': [
            describe(body) for body in (b'hi', b'', b'one', b'two', b'three', large)
        ],
        'messages_from_receiver': [
            describe(body) for body in (greeting, b'meanwhile', b'hello', b'bye')
        ],
    }


def streams() -> dict[str, Any]:
    """The same handshake; streams in both directions at once, with messages before, between and after."""
    talk = Talk()
    say = talk.say
    long = pattern(MAX_BODY)
    say('sender', 'a message before the stream', (MESSAGE, b'before'))
    say('sender', 'two pieces of a stream in one transport message', (DATA, b'1,2\n'), (DATA, b'3'))
    say('receiver', 'its acknowledgement of the message, and a stream back', ack(1), (DATA, b'one'))
    say('sender', 'the longest piece', (DATA, long))
    say('receiver', 'another piece, of no characters', (DATA, b'\x00\xff'))
    say(
        'sender',
        'the end of the stream, and messages after it',
        (DATA, b''),
        (MESSAGE, b'after'),
        (PART, b'and'),
        (MESSAGE, b' so on'),
    )
    say('receiver', 'an acknowledgement inside a stream: of the stream, not of its pieces', ack(2))
    say('receiver', 'one more piece, and its end', (DATA, b'!'), (DATA, b''))
    say('receiver', 'acknowledgement of both messages', ack(4))
    say('sender', 'acknowledgement of the stream', ack(1))
    say('receiver', 'a message between streams', (MESSAGE, b'and now?'))
    say('sender', 'its acknowledgement, and an empty stream', ack(2), (DATA, b''))
    say('receiver', 'acknowledgement of the empty stream', ack(5))
    say('sender', 'a message, and the end of this side', (MESSAGE, b''), (END, b''))
    say('receiver', 'a stream to the side that has ended', ack(6), (DATA, b'good'))
    say('receiver', 'its last piece, its end, and a message', (DATA, b'bye'), (DATA, b''), (MESSAGE, b'.'))
    say('sender', 'acknowledgement of the stream and the message, after the end', ack(4))
    say('receiver', 'the end of the other side; both close', (END, b''))
    return {
        'steps': talk.steps,
        'messages_from_sender': [describe(body) for body in (b'before', b'after', b'and so on', b'')],
        'messages_from_receiver': [describe(body) for body in (b'and now?', b'.')],
        'streams_from_sender': [[describe(b'1,2\n3'), describe(long)], []],
        'streams_from_receiver': [[describe(b'one\x00\xff!')], [describe(b'goodbye')]],
    }


def rekeyed() -> dict[str, Any]:
    """The messages on both sides of the first and the second rekey of §5.2; the nonce counts on."""
    talk = Conversation(NN_PSK0, PROLOGUE, SECRET)
    talk.handshake([b'', b''])
    messages: list[dict[str, Any]] = []
    for direction, side in enumerate(('sender', 'receiver')):
        state = talk.states[direction][direction]
        for nonce in (0, REKEY_AFTER - 1, REKEY_AFTER, 2 * REKEY_AFTER - 1, 2 * REKEY_AFTER):
            if nonce % REKEY_AFTER == 0 and nonce > 0:
                rekey(state)
            state.set_nonce(nonce)
            plaintext = encode([(MESSAGE, f'nonce {nonce}'.encode())])
            message = frame(state.encrypt_with_ad(b'', plaintext))
            messages.append(
                {
                    'from': side,
                    'nonce': nonce,
                    'plaintext': plaintext.hex(),
                    'bytes': message.hex(),
                }
            )
    return {'every': REKEY_AFTER, 'messages': messages}


def refused_openings() -> list[dict[str, str]]:
    """What a receiver with the conversation's token is sent first; it closes, with no byte written.

    Each is followed by the end of the stream. The tickets are in order; ticket.json has those that are not.
    """
    cases: list[dict[str, str]] = []

    def refuse(name: str, opening: bytes) -> None:
        cases.append({'name': name, 'bytes': opening.hex()})

    def message_1(
        payload: bytes = b'',
        psk: bytes = SECRET,
        prologue: bytes = PROLOGUE,
        pair: KeyPair | None = None,
    ) -> bytes:
        out = bytearray()
        dh = CarelessDH(pair or key_pair(EPHEMERALS[0]))
        handshake_state(NN_PSK0, True, prologue, dh, psk=psk).write_message(payload, out)
        return bytes(out)

    first = message_1()
    good = b'\x01' + frame(TICKET) + frame(first)

    refuse('nothing', b'')
    refuse('version 0', b'\x00' + good[1:])
    refuse('version 2', b'\x02' + good[1:])
    refuse('an HTTP request', b'GET / HTTP/1.1\r\nHost: bob\r\n\r\n')
    refuse('a ticket of no bytes', b'\x01' + frame(b'') + frame(first))
    refuse('a ticket of 64 bytes', b'\x01' + frame(TICKET[:64]) + frame(first))
    refuse('a ticket said to be of 4097 bytes', b'\x01' + (4097).to_bytes(2, 'big') + TICKET)
    refuse(
        'a ticket of 65535 bytes',
        b'\x01' + frame(TICKET + bytes(65535 - len(TICKET))) + frame(first),
    )
    refuse('cut within the ticket', good[:100])
    refuse('cut after the ticket', b'\x01' + frame(TICKET))
    refuse('cut within Noise message 1', good[:-1])
    refuse('Noise message 1 of 47 bytes', b'\x01' + frame(TICKET) + frame(first[:-1]))
    refuse('Noise message 1 of 49 bytes', b'\x01' + frame(TICKET) + frame(first + b'\0'))
    refuse(
        'Noise message 1 with a payload',
        b'\x01' + frame(TICKET) + frame(message_1(payload=b'early')),
    )
    refuse(
        'Noise message 1 under another psk',
        b'\x01' + frame(TICKET) + frame(message_1(psk=fixed('a guess'))),
    )
    refuse(
        'Noise message 1 for another ticket',
        b'\x01' + frame(TICKET) + frame(message_1(prologue=b'symbolon/1 channel')),
    )
    refuse(
        'the lengths little-endian',
        b'\x01' + len(TICKET).to_bytes(2, 'little') + TICKET + b'\x30\x00' + first,
    )
    for what, point in SMALL_ORDER.items():
        pair = KeyPair(PublicKey(point), PrivateKey(fixed('an attacker')))
        refuse(
            f'Noise message 1 with an ephemeral key of small order: {what}',
            b'\x01' + frame(TICKET) + frame(message_1(pair=pair)),
        )
    return cases


def refused_records() -> list[dict[str, Any]]:
    """Plaintexts of a peer's transport messages after the handshake, the last of which MUST be refused.

    `sent` is how many messages this side has sent by then.
    """
    cases: list[dict[str, Any]] = []

    def refuse(name: str, *plaintexts: bytes, sent: int = 0) -> None:
        cases.append(
            {
                'name': name,
                'sent': sent,
                'plaintexts': [plaintext.hex() for plaintext in plaintexts],
            }
        )

    end = encode([(END, b'')])
    part = encode([(PART, b'beginning')])
    hi = encode([(MESSAGE, b'hi')])
    data = encode([(DATA, b'piece')])
    over = encode([(DATA, b'')])
    refuse('a type without a length', b'\x01')
    refuse('half a length', b'\x01\x00')
    refuse('a body shorter than its length', b'\x01\x00\x03hi')
    refuse('a byte left over after a record', hi + b'\x00')
    refuse('a second record cut short', hi + hi[:-1])
    refuse('the length little-endian', b'\x01\x02\x00hi')
    for kind in (0x00, 0x07, 0x7F, 0x81, 0xFF):
        refuse(f'type {kind:#04x}', encode([(kind, b'')]))
    refuse('an unknown type after a good record', hi + encode([(0x07, b'')]))
    refuse('an ack of 0 bytes', encode([(ACK, b'')]), sent=1)
    refuse('an ack of 7 bytes', encode([(ACK, bytes(6) + b'\x01')]), sent=1)
    refuse('an ack of 9 bytes', encode([(ACK, bytes(8) + b'\x01')]), sent=1)
    refuse('an ack of a message when none was sent', encode([ack(1)]))
    refuse('an ack beyond what was sent', encode([ack(3)]), sent=2)
    refuse('an ack beyond any number of messages', encode([ack(2**64 - 1)]), sent=2)
    refuse('an ack above 2^53 whose low half would do', encode([ack(2**53 + 2**32 + 1)]), sent=2)
    refuse('an ack of 2^32 + 1, whose low half would do', encode([ack(2**32 + 1)]), sent=2)
    refuse('an ack of nothing', encode([ack(0)]), sent=1)
    refuse('an ack that was said before', encode([ack(1)]), encode([ack(1)]), sent=2)
    refuse('an ack that goes back', encode([ack(2)]), encode([ack(1)]), sent=2)
    refuse('an ack that goes back, in one transport message', encode([ack(2), ack(1)]), sent=2)
    refuse('an ack that goes back to 0', encode([ack(1)]), encode([ack(0)]), sent=2)
    refuse('an end with a body', encode([(END, b'\x00')]))
    refuse('a part that is empty', encode([(PART, b'')]))
    refuse('an empty part between others', part, encode([(PART, b'')]))
    refuse('a message after the end', end, hi)
    refuse('a message after the end, in one transport message', end + hi)
    refuse('a part after the end', end, part)
    refuse('a second end', end, end)
    refuse('an end between parts', part, end)
    refuse('an end between parts, in one transport message', part + end)
    refuse('data shorter than its length', b'\x03\x00\x03hi')
    refuse('data inside a message', part, data)
    refuse('the end of a stream inside a message', part, over)
    refuse('a message inside a stream', data, hi)
    refuse('a message inside a stream, in one transport message', data + hi)
    refuse('a part inside a stream', data, part)
    refuse('an end inside a stream', data, end)
    refuse('an ack inside a stream, of what was never sent', data, encode([ack(1)]))
    refuse('data after the end', end, data)
    refuse('the end of a stream after the end', end, over)
    refuse('an abort of 0 bytes', encode([(ABORT, b'')]))
    refuse('an abort of 65 bytes', encode([(ABORT, b'a' * 65)]))
    refuse('an abort with an upper-case letter', encode([(ABORT, b'Message_too_large')]))
    refuse('an abort with a digit', encode([(ABORT, b'reason1')]))
    refuse('an abort with a hyphen', encode([(ABORT, b'too-large')]))
    refuse('an abort with a line feed', encode([(ABORT, b'too_large\n')]))
    refuse('an abort that is not ASCII', encode([(ABORT, 'größe'.encode())]))
    return cases


def make() -> dict[str, Any]:
    return {
        'about': 'docs/protocol.md §5; made by make.py; the fields are explained in README.md',
        'conversation': conversation(),
        'streams': streams(),
        'rekey': rekeyed(),
        'refused_openings': refused_openings(),
        'refused_records': refused_records(),
    }
