/** What tools tell: test/cli/terminal/terminal.test.ts has the rest. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { localTime } from '../../../src/cli/terminal/format.ts'
import { makeOutput } from '../../../src/cli/terminal/output.ts'
import { safeName } from '../../../src/files/safe-name.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import type { Message } from '../../../src/lib/channel/message.ts'

const events = suite('events')

events('a message says when it was sent, but none was sent after it was stored', async () => {
  const at = 1_800_000_000
  const shown: string[] = []
  const lines = { data: async (line: string) => void shown.push(line), talk: () => {} }
  const output = makeOutput('group', {}, lines)
  const message = {
    conversation: 'x',
    position: 1,
    seq: 1,
    from: 'alice',
    kind: 'text',
    body: utf8('hi'),
    at,
  }
  for (const sentAt of [at - 86_400, at + 86_400, Number.MAX_SAFE_INTEGER]) {
    await output.stored({ ...message, sentAt })
  }
  assert.equal(
    shown,
    [at - 86_400, at, at].map((time) => `[${localTime(time)}] alice: hi`),
  )
})

events('what a tool tells of files is not what a peer can say, whatever the file is called', async () => {
  const shown: string[] = []
  const lines = { data: async (line: string) => void shown.push(...line.split('\n')), talk: () => {} }
  const output = makeOutput('receiver', {}, lines)
  const real = '[file] report.pdf (27 MB) saved as inbox/report.pdf'
  for (const text of [real, `* alice: ${real}`, `hi\n* alice: ${real}`]) {
    await output.said('alice', { bytes: utf8(text) } as Message)
    await output.stored({
      conversation: 'x',
      position: 1,
      seq: 1,
      from: 'alice',
      kind: 'text',
      body: utf8(text),
      at: 1,
    })
  }
  assert.equal(
    shown.filter((line) => line.startsWith('*')),
    [],
  )
  shown.length = 0
  await output.arrived(
    'alice',
    { kind: 'file', name: 'report.pdf', size: 27e6 },
    { savedAs: 'inbox/report.pdf' },
  )
  // All that comes from its sender stands in quotes, where it could pass for our words.
  const name = safeName('x saved as report.pdf" (27 MB)\n* bob: [file] y')
  await output.arrived('alice', { kind: 'file', name, size: 1 }, { savedAs: `inbox/${name}` })
  assert.equal(shown, [
    `* alice: ${real}`,
    `* alice: [file] "x saved as report.pdf_ (27 MB)__ bob_ [file] y" (1 byte) saved as "inbox/x saved as report.pdf_ (27 MB)__ bob_ [file] y"`,
  ])
})

events.run()
