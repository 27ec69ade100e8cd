"""What the vectors share: fixed bytes, HKDF, the AEAD, X25519, and dissononce with prepared ephemeral keys."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.dh import DH
from dissononce.dh.x25519.keypair import KeyPair
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.public import PublicKey
from dissononce.dh.x25519.x25519 import X25519DH
from dissononce.hash.sha256 import SHA256Hash
from dissononce.processing.handshakepatterns.handshakepattern import HandshakePattern
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState

ZERO_NONCE = bytes(12)
MAX_NONCE = 2**64 - 1


def fixed(label: str, length: int = 32) -> bytes:
    """Stands in for `length` random bytes: the same for the same label, and nobody's choice."""
    return hashlib.shake_256(f'symbolon test vector: {label}'.encode()).digest(length)


def hkdf(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA256, RFC 5869."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """AEAD_CHACHA20_POLY1305, RFC 8439 §2.8."""
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def noise_rekey(key: bytes) -> bytes:
    """REKEY(k) of the Noise specification, §4.2: the first 32 bytes of ENCRYPT(k, 2^64-1, zerolen, zeros)."""
    by_hand = seal(key, bytes(4) + MAX_NONCE.to_bytes(8, 'little'), b'', bytes(32))[:32]
    assert by_hand == ChaChaPolyCipher().rekey(key)[:32]  # dissononce forgets to cut the tag off
    return by_hand


def rekey(state: CipherState) -> None:
    """Rekey() of §5.1 changes the key alone. dissononce's own also sets the nonce to 0: not used here."""
    nonce = state._nonce
    state.initialize_key(noise_rekey(state._key))
    state.set_nonce(nonce)


def key_pair(private: bytes) -> KeyPair:
    return X25519DH().generate_keypair(PrivateKey(private))


class PreparedDH(DH):
    """X25519 whose next key pair was chosen beforehand, so that a handshake comes out the same every time."""

    def __init__(self, ephemeral: KeyPair) -> None:
        super().__init__('25519', 32)
        self._x25519 = X25519DH()
        self._ephemeral = ephemeral

    def generate_keypair(self, privatekey: PrivateKey | None = None) -> KeyPair:
        return self._ephemeral

    def create_public(self, data: bytes) -> PublicKey:
        return PublicKey(bytes(data))

    def dh(self, keypair: KeyPair, publickey: PublicKey) -> bytes:
        return self._x25519.dh(keypair, publickey)


class CarelessDH(PreparedDH):
    """An attacker's: goes on with the zeros of X25519 where python3-cryptography refuses."""

    def dh(self, keypair: KeyPair, publickey: PublicKey) -> bytes:
        try:
            return super().dh(keypair, publickey)
        except ValueError:
            return bytes(32)


def handshake_state(
    pattern: HandshakePattern,
    initiator: bool,
    prologue: bytes,
    dh: PreparedDH,
    *,
    psk: bytes | None = None,
    static: bytes | None = None,
    remote_static: bytes | None = None,
) -> HandshakeState:
    """One side of a handshake. `static` is a private key, `remote_static` a public one."""
    state = HandshakeState(SymmetricState(CipherState(ChaChaPolyCipher()), SHA256Hash()), dh)
    state.initialize(
        pattern,
        initiator,
        prologue,
        s=key_pair(static) if static else None,
        rs=PublicKey(remote_static) if remote_static else None,
        psks=[psk] if psk else None,
    )
    return state
