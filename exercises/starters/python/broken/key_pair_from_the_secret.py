'''"The secret is random, so a key pair made of it is random too." Whoever finds the secret has the pair.'''

import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'every conversation has a key pair of its own, and nothing else makes it'


class Wrong(Sender):
    def handshake(self):
        handshake = super().handshake()
        handshake._e = X25519PrivateKey.from_private_bytes(self.secret)
        return handshake


if __name__ == '__main__':
    sys.exit(main(Wrong))
