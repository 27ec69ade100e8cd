'''"First my key, then yours." What is said before message 1 was read is said to anybody.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, frame, main  # noqa: E402

BREAKS = 'not a byte before alice has proved that she knows the secret'


class Wrong(Receiver):
    def shake_hands(self):
        line = self.line
        read_frame = line.read_frame

        def read(shortest, longest):
            content = read_frame(shortest, longest)
            if shortest == longest and content[:32] == bytes(32):
                line.write(frame(b'no'))
            return content

        line.read_frame = read
        super().shake_hands()


if __name__ == '__main__':
    sys.exit(main(Wrong))
