'''"The secret is the key." It is what the keys are made from, together with two that nobody keeps.'''

import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, frame, main  # noqa: E402

BREAKS = "the message is sealed with the handshake's sending key"


class Wrong(Sender):
    def say(self, plaintext):
        self.line.write(frame(ChaCha20Poly1305(self.secret).encrypt(bytes(12), plaintext, b'')))


if __name__ == '__main__':
    sys.exit(main(Wrong))
