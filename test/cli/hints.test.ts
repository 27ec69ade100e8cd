/** What to do next, where that depends on more than the error's code. */

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hintFor } from '../../src/cli/hints.ts'
import { FileError } from '../../src/files/errors.ts'
import { ProtocolError } from '../../src/lib/errors.ts'
import { says } from '../../src/lib/text/visible.ts'

const hints = suite('hints')

hints('speak of standard input where something is no file, and of the order where there is none', () => {
  const hint = (reason: string) =>
    hintFor(new FileError('file_not_readable', `cannot send x: ${reason}`)) ?? ''
  for (const reason of ['it is not a regular file', 'it does not say how large it is, and has no end']) {
    assert.match(hint(reason), '--file -')
  }
  assert.match(hint('there is no such file'), /stands before --file$/)
})

hints('name the receiver that is away, and nothing else that a KDC might say in its place', () => {
  const hint = (message: string) => hintFor(new ProtocolError('receiver_offline', message)) ?? ''
  assert.match(hint(says('the KDC', 'bob is not listening anywhere')), / bob$/)
  assert.match(hint('bob is not listening anywhere, and nothing can wait'), / bob$/)
  for (const other of ['', ';id is not listening anywhere', '--x is not listening anywhere', 'away']) {
    assert.match(hint(says('the KDC', other)), / NAME$/, other)
  }
})

hints('name the --host at which a receiver is found', () => {
  for (const [there, host] of [
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['203.0.113.7', '0.0.0.0'],
    ['[2001:db8::7]', '::'],
  ]) {
    const message = `listening on 127.0.0.2:4444, but the KDC sends others to ${there}:4444`
    const hint = hintFor(new ProtocolError('listener_unreachable', message)) ?? ''
    assert.ok(hint.startsWith(`--host ${host} `), hint)
  }
})

hints.run()
