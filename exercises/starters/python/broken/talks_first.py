'''"One round trip saved." Under the secret alone; whoever finds it one day reads it then.'''

import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import MESSAGE, NOISE_MESSAGE_BYTES, Sender, frame, main, record  # noqa: E402

BREAKS = 'not a word before message 2 is there'


class Wrong(Sender):
    def opening(self):
        return super().opening()

    def shake_hands(self):
        handshake = self.handshake()
        early = ChaCha20Poly1305(self.secret).encrypt(bytes(12), record(MESSAGE, b'hello'), b'')
        self.line.write(self.opening() + frame(handshake.write()) + frame(early))
        handshake.read(self.line.read_frame(NOISE_MESSAGE_BYTES, NOISE_MESSAGE_BYTES))
        return handshake.split()


if __name__ == '__main__':
    sys.exit(main(Wrong))
