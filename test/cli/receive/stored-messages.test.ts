/** What a receiver does when messages that wait cannot be read: test/cli/stored.test.ts has the rest. */

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tellingTrouble } from '../../../src/cli/receive/stored-messages.ts'
import { FileError } from '../../../src/files/errors.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { tryAgain } from '../../../src/lib/mls/follow-mailbox.ts'

const letters = suite('letters')

/** What is told, and how long is waited, while these happen one after the other. */
async function run(...happens: (Error | undefined)[]): Promise<{ told: unknown[]; waited: number[] }> {
  const [told, waited]: [unknown[], number[]] = [[], []]
  const stop = new AbortController()
  const output = {
    event: (name: string, fields: object, line = '') => void told.push([name, fields, line.split(': ')[1]]),
  }
  const work = async () => {
    const error = happens.shift()
    if (error) throw error
  }
  const wait = async (ms: number) => {
    waited.push(ms)
    if (happens.length === 0) stop.abort()
  }
  await tryAgain(work, { signal: stop.signal, wait, ...tellingTrouble(output) })
  return { told, waited }
}

const unreachable = () => new TransportError('kdc_unreachable', 'gone')
const unsaved = () => new FileError('file_not_saved', 'full')
const GONE = ['mail_unavailable', { code: 'kdc_unreachable' }, 'gone']
const BACK = ['mail_back', {}, undefined]
const FULL = ['mail_unavailable', { code: 'file_not_saved' }, 'full']

letters('that cannot be read are told of once, not with each try', async () => {
  assert.equal((await run(unreachable(), unreachable(), unreachable())).told, [GONE])
  assert.equal((await run(unreachable(), new Error('else'), unreachable())).told, [
    GONE,
    ['mail_unavailable', {}, 'else'],
    GONE,
  ])
})

letters('that can be read again are said to be, once; and then not, are told of again', async () => {
  const { told } = await run(undefined, unreachable(), undefined, undefined, unreachable())
  assert.equal(told, [GONE, BACK, GONE])
})

letters('are tried soon again; later after a failed save, for all that was fetched', async () => {
  const { told, waited } = await run(unreachable(), unsaved(), unsaved(), undefined, unreachable())
  assert.equal(waited, [5000, 60_000, 60_000, 5000, 5000])
  assert.equal(told, [GONE, FULL, BACK, GONE])
})

letters('are not told of when it is the end that stops them', async () => {
  const stop = new AbortController()
  const told: string[] = []
  const work = async () => {
    stop.abort()
    throw unreachable()
  }
  const output = { event: (name: string) => void told.push(name) }
  await tryAgain(work, { signal: stop.signal, wait: async () => {}, ...tellingTrouble(output) })
  assert.equal(told, [])
})

letters.run()
