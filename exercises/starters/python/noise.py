"""Given: the mathematics of the handshake, Noise_NNpsk0_25519_ChaChaPoly_SHA256 (docs/protocol.md §5.1, noiseprotocol.org)."""

import hashlib
import hmac
from typing import List, Tuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from kdc import Refused

NOISE_MESSAGE_BYTES = 48
REKEY_AFTER = 65536


class CipherState:
    """A key and a counter: one direction of a channel."""

    def __init__(self, key: bytes) -> None:
        self._key, self._counter = key, 0

    def _nonce(self) -> bytes:
        return bytes(4) + self._counter.to_bytes(8, 'little')

    def _count(self) -> None:
        self._counter += 1
        if self._counter % REKEY_AFTER == 0:
            self._key = ChaCha20Poly1305(self._key).encrypt(bytes(4) + b'\xff' * 8, bytes(32), b'')[:32]

    def encrypt(self, plaintext: bytes, ad: bytes = b'') -> bytes:
        """Seals, and counts."""
        sealed = ChaCha20Poly1305(self._key).encrypt(self._nonce(), plaintext, ad)
        self._count()
        return sealed

    def decrypt(self, sealed: bytes, ad: bytes = b'') -> bytes:
        """Opens, and counts; raises Refused when it was not sealed with this key, or is not the next."""
        try:
            plaintext = ChaCha20Poly1305(self._key).decrypt(self._nonce(), sealed, ad)
        except (InvalidTag, ValueError):
            raise Refused('it was not sealed by the other side') from None
        self._count()
        return plaintext


class Handshake:
    """One side of one handshake. The initiator: `write()`, `read(message2)`. The other: `read(message1)`, `write()`."""

    def __init__(self, prologue: bytes, psk: bytes, initiator: bool) -> None:
        self._ck = self._h = hashlib.sha256(b'Noise_NNpsk0_25519_ChaChaPoly_SHA256').digest()
        self._e = X25519PrivateKey.generate()
        self._remote = b''
        self._initiator = initiator
        self._mix_hash(prologue)
        self._ck, temp, self._key = self._hkdf(psk, 3)
        self._mix_hash(temp)

    def write(self, payload: bytes = b'') -> bytes:
        """Our message."""
        public = self._e.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._mix_public(public)
        if self._remote:
            self._mix_ee()
        sealed = CipherState(self._key).encrypt(payload, self._h)
        self._mix_hash(sealed)
        return public + sealed

    def read(self, message: bytes) -> bytes:
        """Theirs, and what it carries; raises Refused when it was made without the secret."""
        if len(message) < NOISE_MESSAGE_BYTES:
            raise Refused('a Noise message that is too short')
        self._remote, sealed = message[:32], message[32:]
        self._mix_public(self._remote)
        if self._initiator:
            self._mix_ee()
        payload = CipherState(self._key).decrypt(sealed, self._h)
        self._mix_hash(sealed)
        return payload

    def split(self) -> Tuple[CipherState, CipherState]:
        """After both messages: what seals what we send, and what opens what we receive."""
        first, second = (CipherState(key) for key in self._hkdf(b'', 2))
        return (first, second) if self._initiator else (second, first)

    def _mix_hash(self, data: bytes) -> None:
        self._h = hashlib.sha256(self._h + data).digest()

    def _mix_public(self, public: bytes) -> None:
        self._mix_hash(public)
        self._mix_key(public)

    def _mix_ee(self) -> None:
        try:
            self._mix_key(self._e.exchange(X25519PublicKey.from_public_bytes(self._remote)))
        except ValueError:
            raise Refused('a public key of small order') from None

    def _mix_key(self, ikm: bytes) -> None:
        self._ck, self._key = self._hkdf(ikm, 2)

    def _hkdf(self, ikm: bytes, outputs: int) -> List[bytes]:
        """HKDF of Noise §4.3."""
        temp = hmac.digest(self._ck, ikm, 'sha256')
        keys: List[bytes] = []
        for i in range(outputs):
            keys.append(hmac.digest(temp, (keys[-1] if keys else b'') + bytes([i + 1]), 'sha256'))
        return keys
