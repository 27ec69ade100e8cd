#!/usr/bin/python3
"""symbolon.py against test/vectors/, which were made with another implementation of Noise.

/usr/bin/python3 test/interop/symbolon_test.py
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # leave no __pycache__ beside the client

import symbolon  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / 'vectors'
KINDS = {
    'message': symbolon.MESSAGE,
    'part': symbolon.PART,
    'data': symbolon.DATA,
    'ack': symbolon.ACK,
    'end': symbolon.END,
}

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


class SealedRequests(unittest.TestCase):
    vectors = load('sealed.json')

    def test_requests_are_made_byte_for_byte(self) -> None:
        for case in self.vectors['requests']:
            inputs = unhex(case['token']), unhex(case['salt']), case['route'], unhex(case['json'])
            with self.subTest(case['name']):
                self.assertEqual(symbolon.seal_request(*inputs).hex(), case['request'])

    def test_replies_open(self) -> None:
        for case in self.vectors['replies']:
            token, salt = unhex(case['token']), unhex(case['request_salt'])
            with self.subTest(case['name']):
                opened = symbolon.open_reply(token, salt, case['route'], unhex(case['reply']))
                self.assertEqual(opened, json.loads(unhex(case['json'])))

    def test_others_are_refused(self) -> None:
        for case in self.vectors['refused_replies']:
            token, salt = unhex(case['token']), unhex(case['request_salt'])
            with self.subTest(case['name']), self.assertRaises(symbolon.Refused):
                symbolon.open_reply(token, salt, case['route'], unhex(case['reply']))


class SealedExchanges(unittest.TestCase):
    """Against a KDC that says what the test says; `said` is what it was sent, opened."""

    token = bytes(range(32))
    unsealed_status = 401

    def session(self, *answers: dict[str, Any] | bytes) -> symbolon.Session:
        session = symbolon.Session.__new__(symbolon.Session)
        session.kdc, session.me, session.sealed = 'http://kdc.invalid', 'alice', True
        session.token, session._kdc_is_ahead = self.token, -1000
        left = list(answers)
        self.said: list[dict[str, Any]] = []
        self.salts: list[bytes] = []

        def post(kdc: str, path: str, kind: str, request: bytes) -> tuple[int, str, bytes]:
            self.assertEqual(kind, symbolon.SEALED_TYPE)
            header, salt, route = request[:49], request[17:49], f'POST {path}'.encode()
            key = symbolon.hkdf(self.token, salt, b'symbolon/1 request', 32)
            plaintext = symbolon.ChaCha20Poly1305(key).decrypt(bytes(12), request[49:], route + header)
            self.said.append(json.loads(plaintext))
            self.salts.append(salt)
            answer = left.pop(0)
            if isinstance(answer, bytes):
                return self.unsealed_status, 'application/json', answer
            key = symbolon.hkdf(self.token, salt + bytes(32), b'symbolon/1 reply', 32)
            aad = route + header[1:17] + b'\x01' + bytes(32)
            text = json.dumps(answer).encode()
            sealed = symbolon.ChaCha20Poly1305(key).encrypt(bytes(12), text, aad)
            return 200, symbolon.SEALED_TYPE, b'\x01' + bytes(32) + sealed

        replaced = unittest.mock.patch.object(symbolon, 'post', post)
        replaced.start()
        self.addCleanup(replaced.stop)
        return session

    def test_a_wrong_clock_is_corrected_once_and_the_id_stays(self) -> None:
        wrong = {'status': 401, 'time': 5000, 'body': {'code': 'clock_wrong'}}
        session = self.session(wrong, {'status': 200, 'time': 5000, 'body': {'port': 1}})
        self.assertEqual(session.ask('/listen', port=1), {'port': 1})
        first, second = self.said
        self.assertEqual((first['id'], first['port']), (second['id'], second['port']))
        self.assertEqual(len(symbolon.from_base64url(first['id'])), 16)
        self.assertLess(abs(second['time'] - 5000), 30)
        self.assertEqual(len(set(self.salts)), 2)
        session = self.session(wrong, wrong)
        with self.assertRaisesRegex(symbolon.Refused, '^clock_wrong$'):
            session.ask('/listen', port=1)

    def test_what_is_asked_anew_has_another_id(self) -> None:
        good = {'status': 200, 'time': 5000, 'body': {}}
        session = self.session(good, good)
        session.ask('/logout')
        session.ask('/logout')
        self.assertNotEqual(self.said[0]['id'], self.said[1]['id'])
        self.assertFalse({'username', 'token'} & set(self.said[0]))

    def test_the_status_inside_counts(self) -> None:
        problem = {'status': 409, 'time': 5000, 'body': {'code': 'receiver_offline'}}
        with self.assertRaisesRegex(symbolon.Refused, '^receiver_offline$'):
            self.session(problem).ask('/userinfo', receiver='bob')

    def test_what_is_not_sealed_is_no_reply(self) -> None:
        for said in (b'{"code":"token_unknown"}', b'{"port":1}', b'[]', b''):
            for self.unsealed_status in (401, 200):
                with self.subTest(said), self.assertRaisesRegex(symbolon.Refused, '^not sealed: '):
                    self.session(said).ask('/listen', port=1)
                self.assertEqual(len(self.said), 1)


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

    def say_all(self, talk: dict[str, Any]) -> tuple[dict[str, list[bytes]], dict[str, list[bytes]]]:
        """Says every step, and gives the messages and the streams that each side has heard."""
        sender, receiver = self.pair()
        messages: dict[str, list[bytes]] = {'sender': [], 'receiver': []}
        streams: dict[str, list[bytes]] = {'sender': [], 'receiver': []}
        pieces = {'sender': b'', 'receiver': b''}
        for step in talk['steps'][2:]:
            side = step['from']
            writer, reader = (sender, receiver) if side == 'sender' else (receiver, sender)
            records = [(KINDS[record['type']], body(record['body'])) for record in step['records']]
            plaintext = b''.join(bytes([kind]) + symbolon.frame(content) for kind, content in records)
            message = symbolon.frame(writer.sending.encrypt(plaintext))
            self.assertEqual(message.hex(), step['bytes'], step['what'])
            writer.sent += sum(kind == symbolon.MESSAGE for kind, _ in records)
            writer.sent += records.count((symbolon.DATA, b''))
            writer.ended = writer.ended or (symbolon.END, b'') in records
            reader.sock.incoming = message  # type: ignore[attr-defined]
            for kind, content in reader.receive():
                if kind == symbolon.MESSAGE:
                    messages[side].append(content)
                elif kind == symbolon.DATA:
                    pieces[side] += content
                    if not content:
                        streams[side].append(pieces[side])
                        pieces[side] = b''
        self.assertTrue(sender.finished and receiver.finished)
        return messages, streams

    def test_the_whole_conversation(self) -> None:
        messages, streams = self.say_all(self.talk)
        for side in ('sender', 'receiver'):
            self.assertEqual(messages[side], [body(text) for text in self.talk[f'messages_from_{side}']])
            self.assertEqual(streams[side], [])

    def test_streams(self) -> None:
        talk = self.vectors['streams']
        messages, streams = self.say_all(talk)
        for side in ('sender', 'receiver'):
            self.assertEqual(messages[side], [body(text) for text in talk[f'messages_from_{side}']])
            whole = [b''.join(map(body, stream)) for stream in talk[f'streams_from_{side}']]
            self.assertEqual(streams[side], whole)

    def test_a_stream_of_which_the_end_did_not_come_is_not_acknowledged(self) -> None:
        for ended in (True, False):
            sender, receiver = self.pair()
            sender.send_piece(bytes(100_000))
            if ended:
                sender.end_stream()
            receiver.sock.incoming = sender.sock.written  # type: ignore[attr-defined]
            got = io.BytesIO()
            with self.assertRaisesRegex(symbolon.Refused, 'channel_truncated'):
                symbolon.converse(receiver, 'alice', got)
            self.assertEqual(len(got.getvalue()), 100_000)
            self.assertEqual(receiver.handled, 1 if ended else 0)

    def test_a_stream_that_nobody_reads_is_refused(self) -> None:
        sender, receiver = self.pair()
        sender.send_piece(b'piece')
        receiver.sock.incoming = sender.sock.written  # type: ignore[attr-defined]
        with self.assertRaisesRegex(symbolon.Refused, 'sends a stream'):
            symbolon.converse(receiver, 'alice')
        sender.sock.incoming = receiver.sock.written  # type: ignore[attr-defined]
        self.assertEqual(sender.receive(), [(symbolon.ABORT, b'not_read')])

    def test_files_over_a_stream(self) -> None:
        for case in load('transfer.json')['transfers']:
            if [item['kind'] for item in case['items']] != ['file']:
                continue
            said: dict[str, bytes] = {'alice': b'', 'bob': b''}
            for frame in case['frames']:
                piece = body(frame) if 'length' in frame else b''
                said[frame['from']] += unhex(frame['bytes']) + piece
            alice, bob = self.pair()
            bob.send_piece(said['bob'])
            bob.end_stream()
            alice.sock.incoming = bob.sock.written  # type: ignore[attr-defined]
            with self.subTest(case['name']), tempfile.TemporaryDirectory() as folder:
                item = case['items'][0]
                path = Path(folder, item['name'])
                path.write_bytes(body({'pattern_from': 0, 'length': item['size']}))
                attributes = {key: item[key] for key in ('executable', 'modified_at') if key in item}
                symbolon.Transfer(alice).send_file(str(path), attributes, **case.get('totals', {}))
                bob.sock.incoming = alice.sock.written  # type: ignore[attr-defined]
                heard = b''
                while bob.sock.incoming:  # type: ignore[attr-defined]
                    heard += b''.join(piece for kind, piece in bob.receive() if kind == symbolon.DATA)
                self.assertEqual(heard, said['alice'])

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
