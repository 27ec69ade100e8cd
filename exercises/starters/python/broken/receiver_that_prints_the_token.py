'''"Only while I look for the fault." It stays in the scrollback.'''

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, main  # noqa: E402

BREAKS = 'nothing is given away beside: no error, log or printed line has the token, the key or the secret'


class Wrong(Judge):
    def judge(self, ticket):
        print('token', self.token.hex(), file=sys.stderr)
        return super().judge(ticket)


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
