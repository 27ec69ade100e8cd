#!/usr/bin/env python3
"""Solved: sends one text. `sender.py KDC USERNAME RECEIVER` with the text on standard input: ../../README.md."""

import os
import socket
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kdc import Refused, Session, from_base64url  # noqa: E402
from noise import NOISE_MESSAGE_BYTES, CipherState, Handshake  # noqa: E402

VERSION = b'\x01'
MESSAGE, PART, DATA, ACK, END, ABORT = range(1, 7)
MIN_FRAME, MAX_FRAME = 19, 65535
MAX_BODY = MAX_FRAME - 16 - 3
PATIENCE_SEC = 30


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(2, 'big') + content


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(2, 'big') + body


class Line:
    """A connection, in frames."""

    def __init__(self, address: str, port: int) -> None:
        self.socket = socket.create_connection((address, port), PATIENCE_SEC)

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_frame(self, shortest: int, longest: int) -> bytes:
        length = int.from_bytes(self._read(2), 'big')
        if not shortest <= length <= longest:
            raise Refused(f'a frame of {length} bytes')
        return self._read(length)

    def _read(self, length: int) -> bytes:
        data = b''
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise Refused('the connection was cut')
            data += more
        return data


class Sender:
    """§5, alice's side: one text over one connection."""

    def __init__(self, line: Line, ticket: bytes, secret: bytes) -> None:
        self.line, self.ticket, self.secret = line, ticket, secret
        self.acknowledged = self.ended = False

    def run(self, text: bytes) -> None:
        self.sending, self.receiving = self.shake_hands()
        for plaintext in self.records(text):
            self.say(plaintext)
        while not (self.acknowledged and self.ended):
            for kind, body in self.hear():
                self.judge(kind, body)

    def opening(self) -> bytes:
        return VERSION + frame(self.ticket)

    def prologue(self) -> bytes:
        return b'symbolon/1 channel' + self.ticket

    def handshake(self) -> Handshake:
        return Handshake(self.prologue(), self.secret, initiator=True)

    def shake_hands(self) -> Tuple[CipherState, CipherState]:
        """§5.1: when this returns, whoever is there knows the secret, and has heard nothing yet."""
        handshake = self.handshake()
        self.line.write(self.opening() + frame(handshake.write()))
        handshake.read(self.line.read_frame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
        return handshake.split()

    def records(self, text: bytes) -> List[bytes]:
        """§5.3: one message, in parts where it is long."""
        cut = max(0, len(text) - 1) // MAX_BODY * MAX_BODY
        parts = [record(PART, text[at : at + MAX_BODY]) for at in range(0, cut, MAX_BODY)]
        return [*parts, record(MESSAGE, text[cut:])]

    def say(self, plaintext: bytes) -> None:
        self.line.write(frame(self.sending.encrypt(plaintext)))

    def end(self) -> None:
        self.say(record(END, b''))

    def hear(self) -> List[Tuple[int, bytes]]:
        """All records of the next frame."""
        sealed = self.line.read_frame(MIN_FRAME, MAX_FRAME)
        return list(records_in(self.receiving.decrypt(sealed)))

    def judge(self, kind: int, body: bytes) -> None:
        """§5.4, §5.5."""
        if kind == ABORT:
            raise Refused('the receiver gave up')
        if kind == ACK:
            if self.acknowledged or body != (1).to_bytes(8, 'big'):
                raise Refused('the receiver acknowledged what was not sent')
            self.acknowledged = True
            self.end()
        elif self.ended:
            raise Refused('the receiver said something after its end')
        elif kind == END:
            if body:
                raise Refused('an end that is not empty')
            self.ended = True
        elif kind not in (MESSAGE, PART, DATA):
            raise Refused('a record of an unknown type')
        # What else the receiver says is not for this program; it is not acknowledged, so the receiver knows.


def records_in(plaintext: bytes) -> Iterator[Tuple[int, bytes]]:
    """§5.3: whole records, at least one, and nothing left over."""
    while True:
        end = 3 + int.from_bytes(plaintext[1:3], 'big')
        if len(plaintext) < max(3, end):
            raise Refused('a record that is cut short')
        yield plaintext[0], plaintext[3:end]
        plaintext = plaintext[end:]
        if not plaintext:
            return


def send(session: Session, receiver: str, text: bytes, sender: type = Sender) -> None:
    """Returns when the receiver has acknowledged the text and said its end; raises Refused in every other case."""
    answer = session.userinfo(receiver)
    ticket, secret = from_base64url(answer['senderinfo']), from_base64url(answer['secret'])
    line = Line(answer['ip_addr'], answer['port'])
    with line.socket:
        sender(line, ticket, secret).run(text)


def main(sender: type = Sender) -> int:
    """0 when the text was sent."""
    kdc, username, receiver = sys.argv[1:4]
    text = sys.stdin.buffer.read()
    try:
        send(Session(kdc, username, os.environ['SYMBOLON_PASSWORD']), receiver, text, sender)
    except (Refused, OSError) as error:
        print(f'sender: error: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
