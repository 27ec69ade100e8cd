'''"What the KDC seals is right." It may be another KDC, or a newer one.'''

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'solution'))

from receiver import Judge, from_base64url, main  # noqa: E402

BREAKS = 'what is sealed is as the protocol has it, or it is refused'


class Wrong(Judge):
    def fields(self, plaintext):
        fields = json.loads(plaintext)
        return {**fields, 'secret': from_base64url(fields['secret'])}


if __name__ == '__main__':
    sys.exit(main(judge=Wrong))
