"""noise.json: the Noise Protocol Framework, revision 34, with 25519_ChaChaPoly_SHA256, by dissononce.

The names of the fields are those usual for Noise test vectors (cacophony, snow).
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidTag
from dissononce.dh.x25519.keypair import KeyPair
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.public import PublicKey
from dissononce.exceptions.decrypt import DecryptFailedException
from dissononce.processing.handshakepatterns.handshakepattern import HandshakePattern
from dissononce.processing.handshakepatterns.interactive.IK import IKHandshakePattern
from dissononce.processing.handshakepatterns.interactive.IX import IXHandshakePattern
from dissononce.processing.handshakepatterns.interactive.KK import KKHandshakePattern
from dissononce.processing.handshakepatterns.interactive.NK import NKHandshakePattern
from dissononce.processing.handshakepatterns.interactive.NN import NNHandshakePattern
from dissononce.processing.handshakepatterns.interactive.XX import XXHandshakePattern
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.modifiers.psk import PSKPatternModifier

from common import CarelessDH, PreparedDH, fixed, handshake_state, key_pair, noise_rekey, rekey

PROLOGUE = b'symbolon/1 channel' + fixed('a ticket', 300)
EPHEMERALS = (fixed('initiator ephemeral'), fixed('responder ephemeral'))
STATICS = (fixed('initiator static'), fixed('responder static'))
PSK = fixed('psk')
# Points of small order: X25519 of them and of any private key is all zeros (RFC 7748 §6.1).
SMALL_ORDER = {
    'zero': bytes(32),
    'one': b'\x01' + bytes(31),
    'of order 8': bytes.fromhex(
        'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'
    ),
    'p - 1': bytes.fromhex('ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'),
    'p, a zero not in lowest terms': bytes.fromhex(
        'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
    ),
    'zero with the unused bit set': bytes(31) + b'\x80',
}


def with_psk(pattern: HandshakePattern, place: int) -> HandshakePattern:
    return PSKPatternModifier(place).modify(pattern)


NN_PSK0 = with_psk(NNHandshakePattern(), 0)


class Conversation:
    """Both sides of a handshake, each reading what the other wrote, and their cipher states."""

    def __init__(
        self, pattern: HandshakePattern, prologue: bytes, psk: bytes | None = None
    ) -> None:
        self.pattern, self.prologue, self.psk = pattern, prologue, psk
        # A side has a static key when the other knows it beforehand, or it is in a message of that side.
        known = [
            's' in pattern.initiator_pre_message_pattern,
            's' in pattern.responder_pre_message_pattern,
        ]
        sent = [
            any('s' in message for message in pattern.message_patterns[side::2]) for side in (0, 1)
        ]
        self.has_static = [known[side] or sent[side] for side in (0, 1)]
        self.knows_remote = [known[1], known[0]]
        self.sides = [
            handshake_state(
                pattern,
                side == 0,
                prologue,
                PreparedDH(key_pair(EPHEMERALS[side])),
                psk=psk,
                static=STATICS[side] if self.has_static[side] else None,
                remote_static=(
                    key_pair(STATICS[1 - side]).public.data if self.knows_remote[side] else None
                ),
            )
            for side in (0, 1)
        ]
        self.messages: list[dict[str, str]] = []
        self.states: list[tuple[CipherState, CipherState]] = []

    def handshake(self, payloads: list[bytes]) -> None:
        for turn, payload in enumerate(payloads):
            writer, reader = self.sides[turn % 2], self.sides[1 - turn % 2]
            message, read = bytearray(), bytearray()
            written = writer.write_message(payload, message)
            got = reader.read_message(bytes(message), read)
            assert bytes(read) == payload
            self.messages.append({'payload': payload.hex(), 'ciphertext': message.hex()})
            if written:
                self.states = [written, got] if turn % 2 == 0 else [got, written]
        assert (
            self.states
            and self.sides[0].symmetricstate.get_handshake_hash()
            == self.sides[1].symmetricstate.get_handshake_hash()
        )

    def transport(self, sender: int, payload: bytes) -> bytes:
        """One transport message; `sender` 0 is the initiator, which sends with the first cipher state."""
        message = self.states[sender][sender].encrypt_with_ad(b'', payload)
        assert self.states[1 - sender][sender].decrypt_with_ad(b'', message) == payload
        return message

    def rekey(self, direction: int) -> None:
        for states in self.states:
            rekey(states[direction])

    @property
    def inputs(self) -> dict[str, Any]:
        fields: dict[str, Any] = {'protocol_name': self.sides[0].protocol_name}
        for side, prefix in enumerate(('init', 'resp')):
            fields[f'{prefix}_prologue'] = self.prologue.hex()
            fields[f'{prefix}_psks'] = [self.psk.hex()] if self.psk else []
            fields[f'{prefix}_ephemeral'] = EPHEMERALS[side].hex()
            if self.has_static[side]:
                fields[f'{prefix}_static'] = STATICS[side].hex()
            if self.knows_remote[side]:
                fields[f'{prefix}_remote_static'] = key_pair(STATICS[1 - side]).public.data.hex()
        return fields

    @property
    def handshake_hash(self) -> str:
        return self.sides[0].symmetricstate.get_handshake_hash().hex()


def vector(
    pattern: HandshakePattern, prologue: bytes, psk: bytes | None, with_payloads: bool
) -> dict[str, Any]:
    """A handshake, then three transport messages from each side in turn, beginning with the initiator."""
    talk = Conversation(pattern, prologue, psk)
    turns = len(pattern.message_patterns)
    talk.handshake(
        [f'handshake payload {turn}'.encode() if with_payloads else b'' for turn in range(turns)]
    )
    for number in range(6):
        payload = b'' if number == 2 else f'transport message {number}'.encode()
        ciphertext = talk.transport(number % 2, payload)
        talk.messages.append(
            {
                'sender': ('init', 'resp')[number % 2],
                'payload': payload.hex(),
                'ciphertext': ciphertext.hex(),
            }
        )
    return {
        **talk.inputs,
        'handshake_messages': turns,
        'handshake_hash': talk.handshake_hash,
        'messages': talk.messages,
    }


def vectors() -> list[dict[str, Any]]:
    patterns = [
        (NN_PSK0, PROLOGUE, PSK),
        (NN_PSK0, b'', bytes(32)),
        (NN_PSK0, b'symbolon/1 channel' + fixed('the longest ticket', 4096), fixed('psk 2')),
        (with_psk(NNHandshakePattern(), 2), b'', PSK),
        (NNHandshakePattern(), b'', None),
        (NNHandshakePattern(), PROLOGUE, None),
        (NKHandshakePattern(), PROLOGUE, None),
        (KKHandshakePattern(), PROLOGUE, None),
        (XXHandshakePattern(), PROLOGUE, None),
        (IKHandshakePattern(), PROLOGUE, None),
        (IXHandshakePattern(), PROLOGUE, None),
        (with_psk(XXHandshakePattern(), 3), PROLOGUE, PSK),
        (with_psk(IKHandshakePattern(), 2), PROLOGUE, PSK),
        (with_psk(KKHandshakePattern(), 0), PROLOGUE, PSK),
    ]
    return [
        vector(*pattern, with_payloads) for pattern in patterns for with_payloads in (False, True)
    ]


def rekeys() -> dict[str, Any]:
    """`Rekey` by itself, and in a conversation whose two directions are rekeyed at different times."""
    chain = [fixed('a cipher key')]
    for _ in range(3):
        chain.append(noise_rekey(chain[-1]))

    talk = Conversation(NN_PSK0, PROLOGUE, PSK)
    talk.handshake([b'', b''])
    events: list[dict[str, str]] = []

    def say(sender: int, text: str) -> None:
        payload = text.encode()
        events.append(
            {
                'sender': ('init', 'resp')[sender],
                'payload': payload.hex(),
                'ciphertext': talk.transport(sender, payload).hex(),
            }
        )

    def change(direction: int) -> None:
        events.append({'rekey': ('init', 'resp')[direction]})
        talk.rekey(direction)

    say(0, 'nonce 0')
    say(1, 'nonce 0')
    change(0)
    say(0, 'nonce 1, first key after the handshake')
    say(1, 'nonce 1, still the handshake key')
    change(1)
    change(1)
    say(1, 'nonce 2, two keys on')
    say(0, 'nonce 2')
    return {
        'keys': [
            {'key': before.hex(), 'rekeyed': after.hex()}
            for before, after in zip(chain, chain[1:])
        ],
        'conversation': {
            **talk.inputs,
            'handshake_hash': talk.handshake_hash,
            'messages': talk.messages,
            'transport': events,
        },
    }


def refused() -> list[dict[str, Any]]:
    """Handshakes of NNpsk0 with empty payloads in which the reader of one message MUST refuse it.

    `reader` 'resp' is given message 1; `reader` 'init' has written message 1 and is given message 2. For the small
    points the tag is right: whoever made the message knows the psk.
    """
    talk = Conversation(NN_PSK0, PROLOGUE, PSK)
    talk.handshake([b'', b''])
    good = [bytes.fromhex(message['ciphertext']) for message in talk.messages]
    cases: list[dict[str, Any]] = []

    def refuse(
        name: str, reader: str, message: bytes, prologue: bytes = PROLOGUE, psk: bytes = PSK
    ) -> None:
        cases.append(
            {
                'name': name,
                'reader': reader,
                'prologue': prologue.hex(),
                'psk': psk.hex(),
                'ephemeral': EPHEMERALS[0 if reader == 'init' else 1].hex(),
                'message': message.hex(),
            }
        )
        # dissononce refuses it too, in the reading or, for message 1 with a small point, in the answer.
        state = handshake_state(
            NN_PSK0,
            reader == 'init',
            prologue,
            PreparedDH(key_pair(EPHEMERALS[0 if reader == 'init' else 1])),
            psk=psk,
        )
        try:
            if reader == 'init':
                state.write_message(b'', bytearray())
            state.read_message(message, bytearray())
            if reader == 'resp':
                state.write_message(b'', bytearray())
        except (DecryptFailedException, InvalidTag, ValueError):
            return
        raise AssertionError(f'dissononce accepts: {name}')

    for number, (reader, message) in enumerate(zip(('resp', 'init'), good), start=1):
        what = f'message {number}'
        refuse(f'{what}: another psk', reader, message, psk=fixed('another psk'))
        refuse(f'{what}: another prologue', reader, message, prologue=PROLOGUE + b'\0')
        refuse(
            f'{what}: a bit of the ephemeral key flipped',
            reader,
            bytes([message[0] ^ 1]) + message[1:],
        )
        refuse(
            f'{what}: the unused bit of the ephemeral key flipped',
            reader,
            message[:31] + bytes([message[31] ^ 0x80]) + message[32:],
        )
        refuse(
            f'{what}: a bit of the tag flipped', reader, message[:-1] + bytes([message[-1] ^ 1])
        )
        refuse(f'{what}: a byte short', reader, message[:-1])
        refuse(f'{what}: a byte long', reader, message + b'\0')
        refuse(f'{what}: the ephemeral key alone', reader, message[:32])
        refuse(f'{what}: empty', reader, b'')
    refuse('message 1 given back as message 2', 'init', good[0])
    refuse('message 2 given as message 1', 'resp', good[1])

    for what, point in SMALL_ORDER.items():
        pair = KeyPair(PublicKey(point), PrivateKey(fixed('an attacker')))
        first, second = bytearray(), bytearray()
        handshake_state(NN_PSK0, True, PROLOGUE, CarelessDH(pair), psk=PSK).write_message(
            b'', first
        )
        refuse(f'message 1: an ephemeral key of small order: {what}', 'resp', bytes(first))
        answer = handshake_state(NN_PSK0, False, PROLOGUE, CarelessDH(pair), psk=PSK)
        answer.read_message(good[0], bytearray())
        answer.write_message(b'', second)
        refuse(f'message 2: an ephemeral key of small order: {what}', 'init', bytes(second))
    return cases


def make() -> dict[str, Any]:
    return {
        'about': 'Noise revision 34; made by make.py with dissononce; the fields are explained in README.md',
        'vectors': vectors(),
        'rekey': rekeys(),
        'refused': refused(),
    }
