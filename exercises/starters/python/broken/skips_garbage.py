'''"Garbage on the line: skip it." Somebody is on the line, and may try again.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import MAX_FRAME, Refused, Sender, main, records_in  # noqa: E402

BREAKS = 'what does not open ends the conversation'


class Wrong(Sender):
    def hear(self):
        sealed = self.line.read_frame(0, MAX_FRAME)
        try:
            plaintext = self.receiving.decrypt(sealed)
        except Refused:
            return []
        return list(records_in(plaintext))


if __name__ == '__main__':
    sys.exit(main(Wrong))
