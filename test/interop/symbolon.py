#!/usr/bin/python3
"""A second Symbolon client, written from docs/protocol.md alone; the § below are that document's.

    symbolon.py send    KDC_URL alice PASSWORD_FILE bob "hi"      exit 0: bob has acknowledged it
    symbolon.py receive KDC_URL bob   PASSWORD_FILE --once        prints `alice: hi`
    tar c . | symbolon.py send --stream KDC_URL alice PASSWORD_FILE bob -
    symbolon.py receive --stream KDC_URL bob PASSWORD_FILE --once | tar x
    symbolon.py send --file KDC_URL alice PASSWORD_FILE bob film.mp4      exit 0: bob has saved it

Text `-` is standard input; with --stream it is one stream of bytes (§5.3) instead of a message. With --sealed
everything after the login is sealed (§3.7). Needs Python 3.9 and python3-cryptography. It is here to be read
and tested: it talks to one peer at a time, sends passwords in clear (so the KDC must be on loopback; OPAQUE
is for other clients), does not repeat /listen, and gives up after 30 silent seconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import io
import json
import os
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from typing import Any, BinaryIO, Iterator, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SKEW_SEC = 60
TIMEOUT_SEC = 30
SEALED_TYPE = 'application/vnd.symbolon.sealed'
MAX_FRAME = 65535
MAX_BODY = MAX_FRAME - 16 - 3  # less the tag, less a record's type and length
MAX_MESSAGE = 2**20
REKEY_AFTER = 65536
MESSAGE, PART, DATA, ACK, END, ABORT = range(0x01, 0x07)


class Refused(Exception):
    """Something was judged and refused; the text is a code where the protocol has one."""


# §1 Conventions
# --------------


def from_base64url(text: str) -> bytes:
    """Strict: encoding what was decoded must give the same text, so no padding, white space or stray bits."""
    data = base64.urlsafe_b64decode(text.encode() + b'=' * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b'=') != text.encode():
        raise ValueError('not canonical base64url')
    return data


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


# §3 The KDC: messages 1 to 4
# ---------------------------


def post(kdc: str, path: str, kind: str, body: bytes) -> tuple[int, str, bytes]:
    """The status, media type and body of the reply, whatever the status is."""
    request = urllib.request.Request(kdc.rstrip('/') + path, body, {'Content-Type': kind})
    straight = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    )  # a password goes through no proxy
    try:
        with straight.open(request, timeout=TIMEOUT_SEC) as reply:
            return reply.status, reply.headers.get_content_type(), reply.read()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.headers.get_content_type(), problem.read()


def problem_code(status: int, problem: Any) -> str:
    """§3.5."""
    return problem['code'] if type(problem) is dict and 'code' in problem else f'HTTP status {status}'


def json_in(body: bytes) -> Any:
    try:
        return json.loads(body.decode('utf-8'))
    except (ValueError, RecursionError):
        return None


def ask(kdc: str, path: str, **fields: Any) -> dict[str, Any]:
    """POSTs the fields as JSON; a problem becomes Refused with its code."""
    status, _, body = post(kdc, path, 'application/json', json.dumps(fields).encode())
    reply = json_in(body)
    if status != 200 or type(reply) is not dict:
        raise Refused(problem_code(status, reply))
    return reply


def seal_request(token: bytes, salt: bytes, route: str, plaintext: bytes) -> bytes:
    """§3.7. `salt` is fresh for every request, also for one that is sent again."""
    header = b'\x01' + hkdf(token, b'', b'symbolon/1 session id', 16) + salt
    key = hkdf(token, salt, b'symbolon/1 request', 32)
    return header + ChaCha20Poly1305(key).encrypt(bytes(12), plaintext, route.encode() + header)


def open_reply(token: bytes, salt: bytes, route: str, reply: bytes) -> dict[str, Any]:
    """`{"status", "time", "body"}` of the reply to the request with this salt."""
    header, reply_salt = reply[:33], reply[1:33]
    if len(reply) < 33 + 16 or reply[0] != 0x01:
        raise Refused('not a sealed reply')
    key = hkdf(token, salt + reply_salt, b'symbolon/1 reply', 32)
    aad = route.encode() + hkdf(token, b'', b'symbolon/1 session id', 16) + header
    try:
        opened = json_in(ChaCha20Poly1305(key).decrypt(bytes(12), reply[33:], aad))
    except InvalidTag:
        raise Refused('the reply does not open') from None
    # `type is`, not `isinstance`: in Python True is an int.
    if type(opened) is not dict or 'body' not in opened:
        raise Refused('not a reply')
    if type(opened.get('time')) is not int or type(opened.get('status')) is not int:
        raise Refused('a reply without a status or a time')
    if not 100 <= opened['status'] <= 599:
        raise Refused('a reply with a status that is none')
    return opened


class Session:
    """A login in clear; what follows goes in clear too, or sealed, so that only the KDC can read it."""

    def __init__(self, kdc: str, me: str, password: str, sealed: bool, port: int | None = None) -> None:
        self.kdc, self.me, self.sealed = kdc, me, sealed
        where = {} if port is None or sealed else {'port': port}
        reply = ask(kdc, '/login', username=me, password=password, **where)
        self.token = from_base64url(reply['token'])
        self._kdc_is_ahead = reply['time'] - int(time.time())
        if sealed and port is not None:
            self.ask('/listen', port=port)

    def now(self) -> int:
        """By the KDC's clock."""
        return int(time.time()) + self._kdc_is_ahead

    def ask(self, path: str, **fields: Any) -> dict[str, Any]:
        if self.sealed:
            return self._ask_sealed(path, fields)
        return ask(self.kdc, path, username=self.me, token=to_base64url(self.token), **fields)

    def _ask_sealed(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        fields = {**fields, 'id': to_base64url(os.urandom(16))}
        for _ in range(2):  # the second time because our clock was wrong
            reply = self._exchange_sealed(path, {**fields, 'time': self.now()})
            self._kdc_is_ahead = reply['time'] - int(time.time())
            if reply['status'] == 200 and type(reply['body']) is dict:
                return reply['body']
            code = problem_code(reply['status'], reply['body'])
            if code != 'clock_wrong':
                break
        raise Refused(code)

    def _exchange_sealed(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        salt, route = os.urandom(32), f'POST {path}'
        request = seal_request(self.token, salt, route, json.dumps(fields).encode())
        status, kind, reply = post(self.kdc, path, SEALED_TYPE, request)
        if kind == SEALED_TYPE:
            return open_reply(self.token, salt, route, reply)
        # Anybody may have said this; whatever it is, it is no reply.
        raise Refused(f'not sealed: {problem_code(status, json_in(reply))}')


def password_in(path: str) -> str:
    with open(path, encoding='utf-8') as file:
        return file.read().rstrip('\n')


# §4 The ticket
# -------------


def judge_ticket(
    ticket: bytes, token: bytes, me: str, now: int, accepted: dict[bytes, int]
) -> dict[str, Any]:
    """§4.3, in its order. `accepted` maps the salts of accepted tickets to when they may be forgotten."""
    if not 65 <= len(ticket) <= 4096:
        raise Refused('ticket_damaged')
    if ticket[0] != 0x01:
        raise Refused('ticket_version')
    header, sid, salt = ticket[:49], ticket[1:17], ticket[17:49]
    if not hmac.compare_digest(sid, hkdf(token, b'', b'symbolon/1 session id', 16)):
        raise Refused('ticket_not_for_us')
    key = hkdf(token, salt, b'symbolon/1 ticket', 32)
    try:
        fields = json.loads(
            ChaCha20Poly1305(key).decrypt(bytes(12), ticket[49:], header).decode('utf-8')
        )
        # `type is`, not `isinstance`: in Python True is an int.
        texts = [type(fields[name]) is str for name in ('username', 'ip_addr', 'secret', 'receiver')]
        times = [type(fields[name]) is int for name in ('issued_at', 'expires_at')]
        fields['secret'] = from_base64url(fields['secret'])
        if not all(texts + times) or len(fields['secret']) != 32:
            raise ValueError('a field is not of its type')
    except (InvalidTag, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused('ticket_damaged') from None
    if fields['receiver'] != me:
        raise Refused('ticket_not_for_us')
    if not fields['issued_at'] <= now + SKEW_SEC:
        raise Refused('ticket_not_yet_valid')
    if not now - SKEW_SEC < fields['expires_at']:
        raise Refused('ticket_expired')
    if salt in accepted:
        raise Refused('ticket_replayed')
    for old in [old for old, forget_at in accepted.items() if forget_at <= now]:
        del accepted[old]
    accepted[salt] = fields['expires_at'] + SKEW_SEC
    return fields


# §5.1 The handshake: Noise_NNpsk0_25519_ChaChaPoly_SHA256
# --------------------------------------------------------


class CipherState:
    """A key and a counter: one direction of a channel, or the key of the moment in a handshake."""

    def __init__(self, key: bytes) -> None:
        self.key, self.counter = key, 0

    def _nonce(self) -> bytes:
        return bytes(4) + self.counter.to_bytes(8, 'little')

    def _count(self) -> None:
        self.counter += 1
        if self.counter % REKEY_AFTER == 0:  # §5.2; Noise §4.2: REKEY(k)
            last_nonce = bytes(4) + b'\xff' * 8
            self.key = ChaCha20Poly1305(self.key).encrypt(last_nonce, bytes(32), b'')[:32]

    def encrypt(self, plaintext: bytes, ad: bytes = b'') -> bytes:
        ciphertext = ChaCha20Poly1305(self.key).encrypt(self._nonce(), plaintext, ad)
        self._count()
        return ciphertext

    def decrypt(self, ciphertext: bytes, ad: bytes = b'') -> bytes:
        try:
            plaintext = ChaCha20Poly1305(self.key).decrypt(self._nonce(), ciphertext, ad)
        except InvalidTag:
            raise Refused('it was not made with our key') from None
        self._count()
        return plaintext


class NNpsk0:
    """Either side of the handshake `-> psk, e   <- e, ee`; both payloads are empty."""

    def __init__(self, prologue: bytes, psk: bytes) -> None:
        self.h = self.ck = hashlib.sha256(b'Noise_NNpsk0_25519_ChaChaPoly_SHA256').digest()
        self.e = X25519PrivateKey.generate()
        self._mix_hash(prologue)
        self.ck, temp_h, key = self._hkdf(psk, 3)  # token psk, the first in message 1: MixKeyAndHash
        self._mix_hash(temp_h)
        self.cipher = CipherState(key)

    def _mix_hash(self, data: bytes) -> None:
        self.h = hashlib.sha256(self.h + data).digest()

    def _hkdf(self, ikm: bytes, outputs: int) -> list[bytes]:
        """HKDF of Noise §4.3 is HKDF-SHA256 with ck as the salt and no info."""
        block = hkdf(ikm, self.ck, b'', 32 * outputs)
        return [block[i : i + 32] for i in range(0, len(block), 32)]

    def _mix_key(self, ikm: bytes) -> None:
        self.ck, key = self._hkdf(ikm, 2)
        self.cipher = CipherState(key)

    def _mix_public(self, public: bytes) -> None:
        self._mix_hash(public)
        self._mix_key(public)  # only because a psk is used: Noise §9.2

    def _mix_ee(self, public: bytes) -> None:
        try:
            self._mix_key(self.e.exchange(X25519PublicKey.from_public_bytes(public)))
        except ValueError:  # all zeros, says the library
            raise Refused('a public key of small order') from None

    def write(self, remote: bytes | None = None) -> bytes:
        """Message 1, or, with the other side's public key, message 2."""
        public = self.e.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._mix_public(public)
        if remote:
            self._mix_ee(remote)
        tag = self.cipher.encrypt(b'', self.h)
        self._mix_hash(tag)
        return public + tag

    def read(self, message: bytes, mix_ee: bool) -> bytes:
        """Message 1, or, with `mix_ee`, message 2. Returns the other side's public key."""
        public, tag = message[:32], message[32:]
        self._mix_public(public)
        if mix_ee:
            self._mix_ee(public)
        self.cipher.decrypt(tag, self.h)
        self._mix_hash(tag)
        return public

    def split(self) -> tuple[CipherState, CipherState]:
        """The cipher states of the initiator's and of the responder's direction."""
        first, second = self._hkdf(b'', 2)
        return CipherState(first), CipherState(second)


# §5 The channel: message 5
# -------------------------


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(2, 'big') + data


def read_exactly(sock: socket.socket, length: int) -> bytes:
    data = b''
    while len(data) < length:
        chunk = sock.recv(length - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def read_frame(sock: socket.socket, shortest: int, longest: int) -> bytes:
    length = int.from_bytes(read_exactly(sock, 2), 'big')
    if not shortest <= length <= longest:
        raise Refused(f'a frame of {length} bytes')
    return read_exactly(sock, length)


def connect(address: tuple[str, int], ticket: bytes, secret: bytes) -> Channel:
    """The sender's side of §5.1."""
    sock = socket.create_connection(address, TIMEOUT_SEC)
    noise = NNpsk0(b'symbolon/1 channel' + ticket, secret)
    sock.sendall(b'\x01' + frame(ticket) + frame(noise.write()))
    try:
        noise.read(read_frame(sock, 48, 48), mix_ee=True)
    except EOFError:
        raise Refused('the receiver closed the connection: the handshake was refused') from None
    sending, receiving = noise.split()
    return Channel(sock, sending, receiving)


def accept(
    sock: socket.socket, token: bytes, me: str, now: int, accepted: dict[bytes, int]
) -> tuple[str, Channel]:
    """The receiver's side. Nothing is written before message 1 has been verified (§5.8)."""
    sock.settimeout(TIMEOUT_SEC)
    version = read_exactly(sock, 1)
    if version != b'\x01':
        raise Refused('another version')
    ticket = read_frame(sock, 65, 4096)
    fields = judge_ticket(ticket, token, me, now, accepted)
    noise = NNpsk0(b'symbolon/1 channel' + ticket, fields['secret'])
    remote = noise.read(read_frame(sock, 48, 48), mix_ee=False)
    sock.sendall(frame(noise.write(remote)))
    receiving, sending = noise.split()
    return fields['username'], Channel(sock, sending, receiving)


class Channel:
    """§5.2 to §5.5: messages and streams of bytes, acknowledged, with an end that cannot be forged."""

    def __init__(self, sock: socket.socket, sending: CipherState, receiving: CipherState) -> None:
        self.sock, self.sending, self.receiving = sock, sending, receiving
        self.sent = self.acknowledged = self.handled = 0
        self.ended = self.peer_ended = False
        self.parts = b''
        self.between_parts = self.inside_stream = False

    @property
    def finished(self) -> bool:
        return self.ended and self.peer_ended and self.acknowledged == self.sent

    def _write(self, kind: int, body: bytes) -> None:
        self.sock.sendall(frame(self.sending.encrypt(bytes([kind]) + frame(body))))

    def send(self, message: bytes) -> None:
        while len(message) > MAX_BODY:
            self._write(PART, message[:MAX_BODY])
            message = message[MAX_BODY:]
        self._write(MESSAGE, message)
        self.sent += 1

    def send_piece(self, piece: bytes) -> None:
        """More of a stream; an empty piece is none."""
        for at in range(0, len(piece), MAX_BODY):
            self._write(DATA, piece[at : at + MAX_BODY])

    def end_stream(self) -> None:
        self._write(DATA, b'')
        self.sent += 1

    def acknowledge(self) -> None:
        """One more message has been handled, or stream read to its end."""
        self.handled += 1
        self._write(ACK, self.handled.to_bytes(8, 'big'))

    def end(self) -> None:
        self._write(END, b'')
        self.ended = True

    def abort(self, code: str) -> None:
        self._write(ABORT, code.encode())

    def receive(self) -> list[tuple[int, bytes]]:
        """What the next transport message brings: whole messages, pieces of streams, acks, the end, an abort."""
        try:
            plaintext = self.receiving.decrypt(read_frame(self.sock, 17, MAX_FRAME))
        except EOFError:
            raise Refused('not_acknowledged' if self.peer_ended else 'channel_truncated') from None
        try:
            return [event for record in records(plaintext) for event in self._judge(*record)]
        except Refused as refusal:
            self.abort(str(refusal))
            raise

    def _judge(self, kind: int, body: bytes) -> Iterator[tuple[int, bytes]]:
        """One record: None or one event."""
        if kind in (MESSAGE, PART):
            if self.peer_ended or self.inside_stream or (kind == PART and not body):
                raise Refused('malformed')
            if len(self.parts) + len(body) > MAX_MESSAGE:
                raise Refused('message_too_large')
            self.parts += body
            self.between_parts = kind == PART
            if kind == MESSAGE:
                whole, self.parts = self.parts, b''
                yield MESSAGE, whole
        elif kind == DATA and not self.peer_ended and not self.between_parts:
            self.inside_stream = len(body) > 0
            yield DATA, body
        elif kind == ACK and len(body) == 8:
            count = int.from_bytes(body, 'big')
            if not self.acknowledged < count <= self.sent:
                raise Refused('malformed')
            self.acknowledged = count
            yield ACK, body
        elif kind == END and not body and not self.peer_ended:
            if self.between_parts or self.inside_stream:
                raise Refused('malformed')
            self.peer_ended = True
            yield END, body
        elif kind == ABORT and re.fullmatch(rb'[a-z_]{1,64}', body):
            yield ABORT, body
        else:
            raise Refused('malformed')


def records(plaintext: bytes) -> Iterator[tuple[int, bytes]]:
    """§5.3: whole records, nothing left over."""
    while plaintext:
        length = int.from_bytes(plaintext[1:3], 'big')
        if len(plaintext) < 3 + length:
            raise Refused('malformed')
        yield plaintext[0], plaintext[3 : 3 + length]
        plaintext = plaintext[3 + length :]


def converse(channel: Channel, peer: str, stream: BinaryIO | None = None) -> None:
    """Prints what comes, acknowledges it once printed, and ends when there is nothing more to wait for.

    Streams are written to `stream`, and refused where there is none.
    """
    while True:
        all_said = channel.sent > 0 and channel.acknowledged == channel.sent
        if not channel.ended and (all_said or channel.peer_ended):
            channel.end()
        if channel.finished:
            return
        for kind, body in channel.receive():
            if kind == MESSAGE:
                print(f'{peer}: {printable(body)}', flush=True)
                channel.acknowledge()
            elif kind == DATA and not stream:
                channel.abort('not_read')
                raise Refused(f'{peer} sends a stream')
            elif kind == DATA and body:
                stream.write(body)
            elif kind == DATA:
                stream.flush()
                channel.acknowledge()
            elif kind == ABORT:
                raise Refused(f'{peer} gave up: {body.decode()}')


def printable(message: bytes) -> str:
    """The text on one line, without what a terminal would obey."""
    try:
        text = message.decode('utf-8')
    except UnicodeDecodeError:
        raise Refused('a message that is not UTF-8') from None
    return ''.join(char if char.isprintable() else f'\\u{{{ord(char):x}}}' for char in text)


# §8 Files over a stream
# ----------------------

BEGIN, ITEM, START, FILE_DATA, FILE_END, CANCEL, CLOSE, DONE = range(0x01, 0x09)
READY, SAVED, REFUSED = range(0x11, 0x14)
PIECE = 256 * 1024
SMALL = 256 * 1024


class Transfer:
    """Alice's side of a stream with files; `channel` carries nothing else meanwhile."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.heard = b''
        self.stream_ended = False

    def send_file(self, path: str, attributes: Mapping[str, Any] | None = None, **totals: int) -> None:
        """One file; Refused with the code when bob does not save it. `attributes`: `executable` and `modified_at` (§8.1).
        `totals`: `files` and `bytes`, for people."""
        self._say(BEGIN, transfer=2, **totals)
        refusal = None
        try:
            with open(path, 'rb') as file:
                self._send(file, os.path.basename(path), os.fstat(file.fileno()).st_size, attributes or {})
            self._hear(SAVED)
        except Refused as refused:
            refusal = refused
        self._say(DONE)
        self.channel.end_stream()
        while not self.stream_ended:
            self._receive()
        if refusal or self.heard:
            raise refusal or Refused('malformed')

    def _send(self, file: BinaryIO, name: str, size: int, attributes: Mapping[str, Any]) -> None:
        self._say(ITEM, kind='file', name=name, size=size, **attributes)
        begun = self._agree(file, size) if size > SMALL else hashlib.sha256()
        while file.tell() < size:
            piece = file.read(min(PIECE, size - file.tell()))
            if not piece:  # it has become shorter; bob answers with the same code
                self._say(CANCEL, code='file_changed')
                return
            self._write(FILE_DATA, piece)
            begun.update(piece)
        self._say(FILE_END, sha256=to_base64url(begun.digest()))

    def _agree(self, file: BinaryIO, size: int) -> Any:
        """§8.3: the hash of what bob has and we have too; `file` stands after it."""
        ready = self._hear(READY)
        held = ready.get('from')
        if type(held) is not int or not 0 <= held <= size:
            raise Refused('malformed')
        begun = hashlib.sha256(file.read(held))
        if held and to_base64url(begun.digest()) != ready.get('sha256'):
            begun, held = hashlib.sha256(), 0
        file.seek(held)
        self._say(START, **{'from': held})
        return begun

    def _say(self, kind: int, /, **fields: Any) -> None:
        self._write(kind, json.dumps(fields, ensure_ascii=False, separators=(',', ':')).encode())

    def _write(self, kind: int, body: bytes) -> None:
        self.channel.send_piece(bytes([kind]) + len(body).to_bytes(4, 'big') + body)

    def _hear(self, expected: int) -> dict[str, Any]:
        while len(self.heard) < 5 or len(self.heard) < 5 + self._length():
            if self.stream_ended:
                raise Refused('channel_truncated')
            self._receive()
        kind, end = self.heard[0], 5 + self._length()
        fields, self.heard = json_in(self.heard[5:end]), self.heard[end:]
        if type(fields) is not dict or kind not in (expected, REFUSED):
            raise Refused('malformed')
        if kind == REFUSED:
            raise Refused(str(fields.get('code')))
        return fields

    def _length(self) -> int:
        length = int.from_bytes(self.heard[1:5], 'big')
        if length > 32768:
            raise Refused('malformed')
        return length

    def _receive(self) -> None:
        for kind, body in self.channel.receive():
            if kind == ABORT:
                raise Refused(f'the receiver gave up: {body.decode()}')
            if kind in (MESSAGE, END):
                raise Refused('malformed')
            if kind == DATA and self.stream_ended:
                raise Refused('malformed')
            if kind == DATA and not body:
                self.stream_ended = True
                self.channel.acknowledge()
            elif kind == DATA:
                self.heard += body


# The commands
# ------------


def send(session: Session, peer: str, how: str, text: str) -> None:
    reply = session.ask('/userinfo', receiver=peer)
    ticket, secret = from_base64url(reply['senderinfo']), from_base64url(reply['secret'])
    channel = connect((reply['ip_addr'], reply['port']), ticket, secret)
    with channel.sock:
        if how == 'file':
            Transfer(channel).send_file(text)
        elif how == 'stream':
            source = sys.stdin.buffer if text == '-' else io.BytesIO(text.encode())
            for piece in iter(lambda: source.read(MAX_BODY), b''):
                channel.send_piece(piece)
            channel.end_stream()
        else:
            channel.send(sys.stdin.buffer.read() if text == '-' else text.encode())
        converse(channel, peer)
    session.ask('/logout')


def receive(kdc: str, me: str, password: str, sealed: bool, once: bool, stream: bool) -> None:
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        session = Session(kdc, me, password, sealed, port)
        accepted: dict[bytes, int] = {}
        print(f'symbolon.py: listening on 127.0.0.1:{port}', file=sys.stderr, flush=True)
        done = False
        while not done:
            sock, _ = server.accept()
            with sock:
                try:
                    peer, channel = accept(sock, session.token, me, session.now(), accepted)
                    converse(channel, peer, sys.stdout.buffer if stream else None)
                    done = once
                except (
                    Refused,
                    EOFError,
                    OSError,
                ) as problem:  # a stranger's fault must not end the receiver
                    print(f'symbolon.py: refused: {problem!r}', file=sys.stderr, flush=True)
        session.ask('/logout')


def main() -> int:
    parser = argparse.ArgumentParser(description='A second Symbolon client, in Python.')
    commands = parser.add_subparsers(dest='command', required=True)
    for name in ('send', 'receive'):
        command = commands.add_parser(name)
        command.add_argument('--sealed', action='store_true', help='seal what follows the login')
        command.add_argument(
            '--stream',
            dest='how',
            action='store_const',
            const='stream',
            help='a stream of bytes, from standard input or to standard output',
        )
        command.add_argument('kdc', metavar='KDC_URL')
        command.add_argument('username')
        command.add_argument('password_file', metavar='PASSWORD_FILE')
    commands.choices['send'].add_argument('receiver')
    commands.choices['send'].add_argument(
        '--file', dest='how', action='store_const', const='file', help='send the file that TEXT names'
    )
    commands.choices['send'].add_argument('text', help='the message; `-` is standard input')
    commands.choices['receive'].add_argument('--once', action='store_true', help='end after one channel')
    args = parser.parse_args()
    sys.stdout.reconfigure(encoding='utf-8')
    try:
        password = password_in(args.password_file)
        if args.command == 'send':
            session = Session(args.kdc, args.username, password, args.sealed)
            send(session, args.receiver, args.how, args.text)
        else:
            streams = args.how == 'stream'
            receive(args.kdc, args.username, password, args.sealed, args.once, streams)
    except (Refused, OSError) as problem:
        print(f'symbolon.py: error: {problem}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
