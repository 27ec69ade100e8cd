'''"Only while I look for the fault." It stays in the scrollback.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, main  # noqa: E402

BREAKS = 'neither the secret nor the text is printed'


class Wrong(Sender):
    def handshake(self):
        print('psk', self.secret.hex())
        return super().handshake()


if __name__ == '__main__':
    sys.exit(main(Wrong))
