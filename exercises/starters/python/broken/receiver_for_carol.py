'''"It is under my token, so it is for me." So the KDC says twice for whom it is; one of them was not read.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = 'a ticket for carol is refused, though it opens'


class Wrong(Judge):
    def fields(self, plaintext):
        return {**super().fields(plaintext), 'receiver': self.username}


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
