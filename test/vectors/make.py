#!/usr/bin/python3
"""Makes the test vectors of docs/protocol.md without any of this project's own code.

    /usr/bin/python3 test/vectors/make.py           writes ticket, sealed, noise, channel, file and transfer.json
    /usr/bin/python3 test/vectors/make.py --check   makes them anew and compares; exits 1 when one differs

Needs Debian's python3-dissononce (Noise) and python3-cryptography (HKDF, X25519, ChaCha20-Poly1305).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # leave no __pycache__ beside the vectors

import channel_vectors  # noqa: E402
import file_vectors  # noqa: E402
import noise_vectors  # noqa: E402
import sealed_vectors  # noqa: E402
import ticket_vectors  # noqa: E402
import transfer_vectors  # noqa: E402

FOLDER = Path(__file__).resolve().parent
FILES = {
    'ticket.json': ticket_vectors.make,
    'sealed.json': sealed_vectors.make,
    'noise.json': noise_vectors.make,
    'channel.json': channel_vectors.make,
    'file.json': file_vectors.make,
    'transfer.json': transfer_vectors.make,
}


def main() -> int:
    parser = argparse.ArgumentParser(description='Makes the test vectors of docs/protocol.md.')
    parser.add_argument(
        '--check', action='store_true', help='write nothing; compare with the files that are there'
    )
    check = parser.parse_args().check

    differing = 0
    for name, make in FILES.items():
        path = FOLDER / name
        text = json.dumps(make(), indent=2) + '\n'
        if not check:
            path.write_text(text, encoding='utf-8', newline='\n')
        elif not path.exists() or path.read_text(encoding='utf-8') != text:
            print(f'make.py: error: {name} is not what these programs make', file=sys.stderr)
            differing += 1
    return 1 if differing else 0


if __name__ == '__main__':
    sys.exit(main())
