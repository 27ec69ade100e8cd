#!/usr/bin/python3
"""symbolon.py against test/vectors/, which were made with another implementation of Noise.

/usr/bin/python3 test/interop/symbolon_test.py
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import unittest
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # leave no __pycache__ beside the client

import symbolon  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / 'vectors'
KINDS = {'message': symbolon.MESSAGE, 'part': symbolon.PART, 'ack': symbolon.ACK, 'end': symbolon.END}

unhex = bytes.fromhex


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding='utf-8'))


def body(described: Any) -> bytes:
    if isinstance(described, str):
        return unhex(described)
    start, length = described['pattern_from'], described['length']
    return bytes((start + i) % 251 for i in range(length))


def handshake(ephemeral: str, prologue: str, psk: str) -> symbolon.NNpsk0:
    noise = symbolon.NNpsk0(unhex(prologue), unhex(psk))
    noise.e = X25519PrivateKey.from_private_bytes(unhex(ephemeral))
    return noise


class FakeSocket:
    """Gives prepared bytes and then ends; keeps what is written."""

    def __init__(self, incoming: bytes = b'') -> None:
        self.incoming, self.written = incoming, b''

    def recv(self, length: int) -> bytes:
        chunk, self.incoming = self.incoming[:length], self.incoming[length:]
        return chunk

    def sendall(self, data: bytes) -> None:
        self.written += data

    def settimeout(self, seconds: float) -> None:
        pass


class Tickets(unittest.TestCase):
    vectors = load('ticket.json')

    def judge(
        self, case: dict[str, Any], step: dict[str, Any], accepted: dict[bytes, int]
    ) -> str | None:
        token, ticket = unhex(case['token']), unhex(step['ticket'])
        try:
            symbolon.judge_ticket(ticket, token, case['receiver'], step['now'], accepted)
        except symbolon.Refused as refusal:
            return str(refusal)
        return None

    def test_good_tickets_are_accepted_and_give_the_secret(self) -> None:
        for case in self.vectors['tickets']:
            with self.subTest(case['name']):
                ticket, token = unhex(case['ticket']), unhex(case['token'])
                fields = symbolon.judge_ticket(ticket, token, case['receiver'], case['now'], {})
                self.assertEqual(fields['secret'], unhex(case['secret']))

    def test_others_are_refused_with_the_code(self) -> None:
        for case in self.vectors['refused']:
            with self.subTest(case['name']):
                self.assertEqual(self.judge(case, case, {}), case['code'])

    def test_one_after_the_other(self) -> None:
        for case in self.vectors['sequences']:
            if 'memory' in case:  # this client's has no limit
                continue
            accepted: dict[bytes, int] = {}
            with self.subTest(case['name']):
                for step in case['steps']:
                    self.assertEqual(self.judge(case, step, accepted), step['code'])


class Handshakes(unittest.TestCase):
    def test_wrong_messages_are_refused(self) -> None:
        for case in load('noise.json')['refused']:
            noise, message = handshake(case['ephemeral'], case['prologue'], case['psk']), unhex(
                case['message']
            )
            if len(message) != 48:  # its frame is refused before Noise sees it
                continue
            with self.subTest(case['name']), self.assertRaises(symbolon.Refused):
                if case['reader'] == 'init':
                    noise.write()
                    noise.read(message, mix_ee=True)
                else:
                    noise.write(noise.read(message, mix_ee=False))


class Channels(unittest.TestCase):
    vectors = load('channel.json')
    talk = vectors['conversation']

    def pair(self) -> tuple[symbolon.Channel, symbolon.Channel]:
        """Both ends after the handshake, whose bytes are compared."""
        inputs = self.talk['prologue'], self.talk['secret']
        sender = handshake(self.talk['sender_ephemeral'], *inputs)
        receiver = handshake(self.talk['receiver_ephemeral'], *inputs)
        first = sender.write()
        second = receiver.write(receiver.read(first, mix_ee=False))
        sender.read(second, mix_ee=True)
        opening = b'\x01' + symbolon.frame(unhex(self.talk['ticket'])) + symbolon.frame(first)
        steps = self.talk['steps']
        self.assertEqual(
            [opening.hex(), symbolon.frame(second).hex()], [step['bytes'] for step in steps[:2]]
        )
        self.assertEqual([sender.h.hex(), receiver.h.hex()], [self.talk['handshake_hash']] * 2)
        from_receiver, to_receiver = receiver.split()[::-1]
        ends = FakeSocket(), FakeSocket()
        return (
            symbolon.Channel(ends[0], *sender.split()),  # type: ignore[arg-type]
            symbolon.Channel(ends[1], from_receiver, to_receiver),  # type: ignore[arg-type]
        )

    def test_the_whole_conversation(self) -> None:
        sender, receiver = self.pair()
        shown: dict[str, list[bytes]] = {'sender': [], 'receiver': []}
        for step in self.talk['steps'][2:]:
            writer, reader = (sender, receiver) if step['from'] == 'sender' else (receiver, sender)
            records = [(KINDS[record['type']], body(record['body'])) for record in step['records']]
            plaintext = b''.join(bytes([kind]) + symbolon.frame(content) for kind, content in records)
            message = symbolon.frame(writer.sending.encrypt(plaintext))
            self.assertEqual(message.hex(), step['bytes'], step['what'])
            writer.sent += sum(kind == symbolon.MESSAGE for kind, _ in records)
            writer.ended = writer.ended or (symbolon.END, b'') in records
            reader.sock.incoming = message  # type: ignore[attr-defined]
            shown[step['from']] += [
                content for kind, content in reader.receive() if kind == symbolon.MESSAGE
            ]
        self.assertEqual(shown['sender'], [body(text) for text in self.talk['messages_from_sender']])
        self.assertEqual(shown['receiver'], [body(text) for text in self.talk['messages_from_receiver']])
        self.assertTrue(sender.finished and receiver.finished)

    def test_keys_are_replaced(self) -> None:
        for case in ('sender', 'receiver'):
            state = self.pair()[case == 'receiver'].sending
            for message in self.vectors['rekey']['messages']:
                if message['from'] == case:
                    state.counter = message['nonce']
                    sealed = symbolon.frame(state.encrypt(unhex(message['plaintext'])))
                    self.assertEqual(sealed.hex(), message['bytes'], f'{case}, nonce {message["nonce"]}')

    def test_a_stranger_is_told_nothing(self) -> None:
        for case in self.vectors['refused_openings']:
            sock = FakeSocket(unhex(case['bytes']))
            token = unhex(self.talk['token'])
            with self.subTest(case['name']):
                with self.assertRaises((symbolon.Refused, EOFError)):
                    symbolon.accept(sock, token, 'bob', self.talk['now'], {})  # type: ignore[arg-type]
                self.assertEqual(sock.written, b'')

    def test_wrong_records_are_refused(self) -> None:
        for case in self.vectors['refused_records']:
            sender, receiver = self.pair()
            receiver.sent = case['sent']
            *good, bad = [
                symbolon.frame(sender.sending.encrypt(unhex(text))) for text in case['plaintexts']
            ]
            with self.subTest(case['name']):
                for message in good:
                    receiver.sock.incoming = message  # type: ignore[attr-defined]
                    receiver.receive()
                receiver.sock.incoming = bad  # type: ignore[attr-defined]
                with self.assertRaises(symbolon.Refused):
                    receiver.receive()

    def test_an_end_without_the_acknowledgement_is_no_success(self) -> None:
        sender, receiver = self.pair()
        sender.send(b'hi')
        receiver.end()
        sender.sock.incoming = receiver.sock.written  # type: ignore[attr-defined]
        with self.assertRaisesRegex(symbolon.Refused, '^not_acknowledged$'):
            symbolon.converse(sender, 'bob')

    def test_an_acknowledgement_without_the_end_is_no_success(self) -> None:
        sender, receiver = self.pair()
        sender.send(b'hi')
        receiver.acknowledge()
        sender.sock.incoming = receiver.sock.written  # type: ignore[attr-defined]
        with self.assertRaisesRegex(symbolon.Refused, '^channel_truncated$'):
            symbolon.converse(sender, 'bob')

    def test_a_message_of_which_only_parts_came_is_not_shown(self) -> None:
        sender, receiver = self.pair()
        sender._write(symbolon.PART, b'beginning')
        receiver.sock.incoming = sender.sock.written  # type: ignore[attr-defined]
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), self.assertRaisesRegex(
            symbolon.Refused, 'channel_truncated'
        ):
            symbolon.converse(receiver, 'alice')
        self.assertEqual(shown.getvalue(), '')

    def test_a_message_may_have_1_MiB_and_no_more(self) -> None:
        for length, code in ((2**20, None), (2**20 + 1, 'message_too_large')):
            sender, receiver = self.pair()
            sender.send(bytes(length))
            receiver.sock.incoming = sender.sock.written  # type: ignore[attr-defined]
            got: list[tuple[int, bytes]] = []
            refused = None
            try:
                while receiver.sock.incoming and not got:  # type: ignore[attr-defined]
                    got += receiver.receive()
            except symbolon.Refused as refusal:
                refused = str(refusal)
            self.assertEqual(refused, code)
            self.assertEqual(len(got), 0 if code else 1)


if __name__ == '__main__':
    unittest.main()
