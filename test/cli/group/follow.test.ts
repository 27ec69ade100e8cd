/** What may end `group read --follow`, and what may not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { follow } from '../../../src/cli/group/follow.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { CodecError, ProtocolError, TransportError } from '../../../src/lib/errors.ts'
import { UnsealedAnswer } from '../../../src/lib/kdc-link/exchange.ts'
import type { Mailbox } from '../../../src/lib/mls/mailbox.ts'
import { PollPace } from '../../../src/lib/pacing/poll-pace.ts'
import { StateError } from '../../../src/state/errors.ts'
import { rejects } from '../../helpers/throws.ts'

const test = suite('follow')

const newToken = () => new Secret('session token', new Uint8Array(32))

/**
 * Follows while these happen one after the other, with each look or, for those in a list, in the stream after it; then it is ended.
 */
async function run(...happens: (Error | 'renewed' | undefined | [Error])[]) {
  const stop = new AbortController()
  const events: string[] = []
  const waits: number[] = []
  const session = { token: newToken() }
  let looks = 0
  let inStream: Error | undefined
  const showMore = async () => {
    looks++
    if (happens.length === 0) stop.abort(new Error('stopped'))
    const next = happens.shift()
    if (next === 'renewed') session.token = newToken()
    else if (Array.isArray(next)) [inStream] = next
    else if (next) throw next
    return { count: 0 }
  }
  const handle = {
    use: async <T>(work: (mailbox: Mailbox) => Promise<T>) =>
      work({ groups: () => [{ name: 'team', status: 'active' }] } as unknown as Mailbox),
    arrivals: async function* () {
      const error = inStream
      inStream = undefined
      if (error) throw error
      yield* []
    },
    close: async () => {},
  }
  const output = { event: (name: string) => void events.push(name) }
  let now = 0
  const pace = new PollPace({
    now: () => now,
    wait: async (ms) => {
      now += ms
    },
  })
  await follow({
    session,
    handle,
    output: output as never,
    of: { group: 'team' },
    showMore,
    signal: stop.signal,
    pace,
    wait: async (ms) => void waits.push(ms),
  })
  return { events, waits, looks }
}

const forged = (claims: string) => new UnsealedAnswer('kdc_failed', 'an attacker could have said so', claims)

test('goes on after whatever an attacker on the way could have said', async () => {
  const answers = [
    forged('request_refused'),
    forged('token_unknown'),
    forged('state_damaged'),
    forged('kdc_key_changed'),
    new ProtocolError('login_refused', 'so says an attacker on the way'),
    new ProtocolError('token_expired', 'it had ended'),
    new CodecError('an answer of the wrong form'),
    new TransportError('kdc_unreachable', 'gone'),
  ]
  for (const answer of answers) {
    const { events, looks } = await run(answer, undefined)
    assert.equal(events, ['kdc_lost', 'kdc_back'], answer.message)
    assert.is(looks, 3)
    // In place of the stream, it says nothing: what has come is asked for all the same.
    assert.equal((await run([answer], undefined)).events, [], answer.message)
  }
})

test('tells once that the KDC is away, and waits longer each time', async () => {
  const gone = () => new TransportError('kdc_unreachable', 'gone')
  const { events, waits } = await run(...Array.from({ length: 8 }, gone), undefined)
  assert.equal(events, ['kdc_lost', 'kdc_back'])
  for (const [index, wait] of waits.slice(0, 8).entries()) {
    const most = Math.min(10_000, 1000 * 2 ** index)
    assert.ok(wait >= most / 2 && wait <= most, `wait ${index}: ${wait}`)
  }
})

test('a stream that is cut again and again is opened less and less often', async () => {
  const cuts = Array.from({ length: 6 }, (): [Error] => [forged('request_refused')])
  const { events, waits } = await run(...cuts)
  assert.equal(events, [])
  assert.ok((waits[5] ?? 0) >= 5000, `${waits}`)
})

test('says that it has logged in again', async () => {
  assert.equal((await run('renewed', undefined)).events, ['renewed'])
})

test('waits for another tool without a word', async () => {
  assert.equal((await run(new StateError('state_busy', 'another tool has it'), undefined)).events, [])
})

test('ends with what the client concludes itself', async () => {
  for (const code of ['kdc_key_changed', 'state_damaged', 'group_unknown'] as const)
    await rejects(run(new ProtocolError(code, 'concluded here')), code)
  await rejects(run(new StateError('state_locked', 'another password')), 'state_locked')
})

test.run()
