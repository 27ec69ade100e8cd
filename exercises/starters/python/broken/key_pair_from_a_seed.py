'''"random is random." With a seed it is the same after every start.'''

import random
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'every conversation has a key pair of its own, and nothing else makes it'


class Wrong(Sender):
    def handshake(self):
        handshake = super().handshake()
        handshake._e = X25519PrivateKey.from_private_bytes(random.Random(42).randbytes(32))
        return handshake


if __name__ == '__main__':
    sys.exit(main(Wrong))
