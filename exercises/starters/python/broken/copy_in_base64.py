'''"And a copy for the log." Base64 is an alphabet, not a seal.'''

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import Sender, frame, main  # noqa: E402

BREAKS = 'neither the text nor the secret can be read on the line'


class Wrong(Sender):
    def records(self, text):
        self.line.write(frame(base64.b64encode(text)))
        return super().records(text)


if __name__ == '__main__':
    sys.exit(main(Wrong))
