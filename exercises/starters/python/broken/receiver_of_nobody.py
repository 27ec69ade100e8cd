'''"Who needs me will find me." The KDC tells others where; it must be told.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Receiver, Session, main  # noqa: E402

BREAKS = 'bob logs in, and says where he listens'

Session.listen = lambda self, port: None


if __name__ == '__main__':
    sys.exit(main(Receiver))
