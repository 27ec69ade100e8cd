/** What a receiver says to its user, who types. */
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { receiverLoop } from '../../../src/cli/receive/receiver-loop.ts'
import { makeOutput } from '../../../src/cli/terminal/output.ts'
import type { Channel } from '../../../src/lib/channel/channel.ts'
import { settled } from '../../helpers/memory.ts'

const loop = suite('a receiver that is typed at')

loop('says why it cannot be sent: files are coming, or no sender is there', async () => {
  const lines: string[] = []
  const output = makeOutput('receiver', {}, { data: async () => {}, talk: (line) => void lines.push(line) })
  const stop = new AbortController()
  const [alices, bobs] = duplexPair()
  const channel = {
    peer: { username: 'alice', address: '127.0.0.1' },
    next: async () => 'stream',
    stream: () => bobs,
    destroy: () => bobs.destroy(),
  } as unknown as Channel
  const taking = { output, saving: undefined, signal: stop.signal }
  const receiver = receiverLoop({ conversation: undefined }, taking)
  const serving = receiver.serve(channel)
  await settled()
  receiver.reply('@alice see you')
  receiver.reply('see you')
  receiver.reply('@carol see you')
  stop.abort(new Error('stopped'))
  await serving
  alices.destroy()
  receiver.reply('@alice see you')
  const busy = 'not sent: alice can be written to when the files are here'
  const gone = [
    'carol is not connected now',
    'alice: stopped: nothing has come',
    'alice is not connected now',
  ]
  assert.equal(lines, [busy, busy, ...gone])
})

loop.run()
