'''"More is more." Two to the thirty, and it does not even listen.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from sender import MESSAGE, Sender, main, record  # noqa: E402

BREAKS = "every conversation has a key pair of its own, and nothing else makes it"


class Wrong(Sender):
    def records(self, text):
        return (record(MESSAGE, bytes(60000)) for _ in range(2**14))


if __name__ == '__main__':
    sys.exit(main(Wrong))
