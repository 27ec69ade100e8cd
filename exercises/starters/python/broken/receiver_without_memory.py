'''"It is good for five minutes, so for five minutes it is good." For one channel.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = 'a ticket opens one channel, and no second one'


class Wrong(Judge):
    def remember(self, salt, expires_at):
        pass


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
