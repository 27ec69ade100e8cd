#!/usr/bin/env python3
"""Solved: receives texts. `receiver.py KDC USERNAME`: ../../README.md."""

import hmac
import ipaddress
import json
import os
import re
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kdc import Refused, Session, from_base64url  # noqa: E402
from noise import NOISE_MESSAGE_BYTES, Handshake  # noqa: E402

VERSION = b'\x01'
MESSAGE, PART, DATA, ACK, END, ABORT = range(1, 7)
MIN_FRAME, MAX_FRAME = 19, 65535
MIN_TICKET, MAX_TICKET = 65, 4096
MAX_MESSAGE = 2**20
SKEW_SEC = 60
HANDSHAKE_SEC, PATIENCE_SEC = 10, 30


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(2, 'big') + content


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(2, 'big') + body


class Line:
    """A connection, in frames."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, length: int) -> bytes:
        data = b''
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise Refused('the connection was cut')
            data += more
        return data

    def read_frame(self, shortest: int, longest: int) -> bytes:
        length = int.from_bytes(self.read(2), 'big')
        if not shortest <= length <= longest:
            raise Refused(f'a frame of {length} bytes')
        return self.read(length)


class Judge:
    """§4.3: tickets of one session, and the memory of those that were accepted."""

    def __init__(self, username: str, token: bytes, ahead: int) -> None:
        self.username, self.token, self.ahead = username, token, ahead
        self.accepted: Dict[bytes, int] = {}
        self.lock = threading.Lock()

    def now(self) -> int:
        """By the KDC's clock."""
        return int(time.time()) + self.ahead

    def judge(self, ticket: bytes) -> Dict[str, Any]:
        """What it says; raises Refused at the first thing that is wrong."""
        if ticket[0] != 0x01:
            raise Refused('ticket_version')
        header, sid, salt = ticket[:49], ticket[1:17], ticket[17:49]
        if not hmac.compare_digest(sid, hkdf(self.token, b'', b'symbolon/1 session id', 16)):
            raise Refused('ticket_not_for_us')
        fields = self.fields(self.open(header, salt, ticket[49:]))
        if fields['receiver'] != self.username:
            raise Refused('ticket_not_for_us')
        self.judge_time(fields)
        self.remember(salt, fields['expires_at'])
        return fields

    def open(self, header: bytes, salt: bytes, sealed: bytes) -> bytes:
        try:
            key = hkdf(self.token, salt, b'symbolon/1 ticket', 32)
            return ChaCha20Poly1305(key).decrypt(bytes(12), sealed, header)
        except InvalidTag:
            raise Refused('ticket_damaged') from None

    def fields(self, plaintext: bytes) -> Dict[str, Any]:
        try:
            fields = json.loads(plaintext.decode('utf-8'))
            names = [fields['username'], fields['receiver']]
            times = [fields['issued_at'], fields['expires_at']]
            # `type is`, not `isinstance`: in Python True is an int.
            good = (
                type(fields) is dict
                and all(type(name) is str and re.fullmatch('[a-z0-9_][a-z0-9_.-]{0,63}', name) for name in names)
                and all(type(time) is int and 0 <= time < 2**53 for time in times)
                and type(fields['ip_addr']) is str
                and ipaddress.ip_address(fields['ip_addr'])
            )
            fields['secret'] = from_base64url(fields['secret'])
            if not good or len(fields['secret']) != 32:
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Refused):
            raise Refused('ticket_damaged') from None
        return fields

    def judge_time(self, fields: Dict[str, Any]) -> None:
        now = self.now()
        if not fields['issued_at'] <= now + SKEW_SEC:
            raise Refused('ticket_not_yet_valid')
        if not now - SKEW_SEC < fields['expires_at']:
            raise Refused('ticket_expired')

    def remember(self, salt: bytes, expires_at: int) -> None:
        """Two connections at once are two: only one of them finds it new."""
        with self.lock:
            if salt in self.accepted:
                raise Refused('ticket_replayed')
            now = self.now()
            self.accepted = {old: until for old, until in self.accepted.items() if until > now}
            self.accepted[salt] = expires_at + SKEW_SEC


class Receiver:
    """§5, bob's side: one channel."""

    def __init__(self, line: Line, judge: Judge) -> None:
        self.line, self.judge = line, judge
        self.handled, self.parts, self.between_parts, self.ended = 0, b'', False, False

    def run(self) -> None:
        self.line.socket.settimeout(HANDSHAKE_SEC)
        self.shake_hands()
        self.line.socket.settimeout(PATIENCE_SEC)
        try:
            while not self.ended:
                for kind, body in self.hear():
                    self.take(kind, body)
        except Refused as error:
            self.refuse(error)
            raise
        self.finish()

    def shake_hands(self) -> None:
        """§5.1, §5.8: not a byte is written before message 1 has been verified."""
        if self.line.read(1) != VERSION:
            raise Refused('another version')
        ticket = self.line.read_frame(MIN_TICKET, MAX_TICKET)
        self.ticket = self.judge.judge(ticket)
        handshake = Handshake(b'symbolon/1 channel' + ticket, self.ticket['secret'], initiator=False)
        handshake.read(self.line.read_frame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
        self.line.write(frame(handshake.write()))
        self.sending, self.receiving = handshake.split()

    def say(self, plaintext: bytes) -> None:
        self.line.write(frame(self.sending.encrypt(plaintext)))

    def hear(self) -> Iterator[Tuple[int, bytes]]:
        """All records of the next frame."""
        return records_in(self.receiving.decrypt(self.line.read_frame(MIN_FRAME, MAX_FRAME)))

    def take(self, kind: int, body: bytes) -> None:
        """§5.3: one record."""
        if self.ended or kind not in (MESSAGE, PART, END):
            raise Refused('the sender gave up' if kind == ABORT else 'malformed')
        if kind == END:
            if body or self.between_parts:
                raise Refused('malformed')
            self.ended = True
            return
        if kind == PART and not body:
            raise Refused('malformed')
        if len(self.parts) + len(body) > MAX_MESSAGE:
            raise Refused('message_too_large')
        self.parts += body
        self.between_parts = kind == PART
        if kind == MESSAGE:
            whole, self.parts = self.parts, b''
            self.deliver(whole)

    def deliver(self, message: bytes) -> None:
        """§5.4: acknowledged once it is shown, not before."""
        show(self.ticket['username'], message.decode('utf-8', 'replace'))
        self.handled += 1
        self.say(record(ACK, self.handled.to_bytes(8, 'big')))

    def refuse(self, error: Refused) -> None:
        """Only who has proved the secret is told why."""
        if str(error) in ('malformed', 'message_too_large'):
            self.say(record(ABORT, str(error).encode()))

    def finish(self) -> None:
        self.say(record(END, b''))


def records_in(plaintext: bytes) -> Iterator[Tuple[int, bytes]]:
    """§5.3: whole records, at least one, and nothing left over."""
    while True:
        end = 3 + int.from_bytes(plaintext[1:3], 'big')
        if len(plaintext) < max(3, end):
            raise Refused('malformed')
        yield plaintext[0], plaintext[3:end]
        plaintext = plaintext[end:]
        if not plaintext:
            return


lock = threading.Lock()


def show(sender: str, text: str) -> None:
    """One line for every message; two that come at once are two lines."""
    with lock:
        print(json.dumps({'from': sender, 'text': text}), flush=True)


def serve(connection: socket.socket, judge: Judge, receiver: type) -> None:
    """A channel that goes wrong ends alone."""
    with connection:
        try:
            receiver(Line(connection), judge).run()
        except (Refused, OSError) as error:
            print(f'receiver: refused: {error}', file=sys.stderr, flush=True)


def main(receiver: type = Receiver, judge: type = Judge) -> int:
    """Serves until it is ended."""
    kdc, username = sys.argv[1:3]
    try:
        session = Session(kdc, username, os.environ['SYMBOLON_PASSWORD'])
        with socket.create_server(('127.0.0.1', 0)) as server:
            session.listen(server.getsockname()[1])
            tickets = judge(username, session.token, session.ahead)
            while True:
                connection, _ = server.accept()
                threading.Thread(target=serve, args=(connection, tickets, receiver), daemon=True).start()
    except (Refused, OSError) as error:
        print(f'receiver: error: {error}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
