/** What tools tell: test/cli/terminal.test.ts has the rest. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeOutput } from '../../src/cli/events.ts'
import { localTime } from '../../src/cli/local-time.ts'
import { utf8 } from '../../src/lib/bytes.ts'

const events = suite('events')

events('a message says when it was sent, but none was sent after it was stored', async () => {
  const at = 1_800_000_000
  const shown: string[] = []
  const lines = { data: async (line: string) => void shown.push(line), talk: () => {} }
  const output = makeOutput('group', {}, lines)
  const message = { position: 1, seq: 1, from: 'alice', kind: 'text', body: utf8('hi'), at }
  for (const sentAt of [at - 86_400, at + 86_400, Number.MAX_SAFE_INTEGER]) {
    await output.stored({ ...message, sentAt })
  }
  assert.equal(
    shown,
    [at - 86_400, at, at].map((time) => `[${localTime(time)}] alice: hi`),
  )
})

events.run()
