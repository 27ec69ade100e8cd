/** Long bodies under way: how much there is room for, from where and for whom. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BodyBudget } from '../../../src/kdc/traffic/budgets.ts'
import { BODY_LIMITS } from '../../../src/kdc/traffic/limits.ts'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { connectionFrom } from '../../helpers/kdc.ts'
import { classKdc, type Principal, type TestKdc } from '../../helpers/kdc-principals.ts'
import { throws } from '../../helpers/throws.ts'

const bodies = suite('long bodies')

const MEBIBYTE = 1024 * 1024
const BEGINNING_BYTES = 20_000

/** Sends the beginning of a long body, and the rest when it is told to. */
function begin(kdc: TestKdc, { token }: Principal, from: string, declared?: number) {
  const { bytes } = sealRequest(token, 'POST /groups/send', { filler: 'x'.repeat(BEGINNING_BYTES) })
  let end = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      end = () => controller.close()
    },
    cancel() {
      end = () => {}
    },
  })
  const headers = { 'Content-Type': SEALED_TYPE, ...(declared && { 'Content-Length': String(declared) }) }
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  const answer = (async () => (await kdc.app.request('/groups/send', init, connectionFrom(from))).status)()
  return { answer, end: () => end() }
}

for (const declared of [2 * MEBIBYTE, undefined]) {
  bodies(`for a session whose id is known have a total (${declared ? 'sized' : 'chunked'})`, async () => {
    const kdc = await classKdc(['alice', 'bob'])
    const [alice, bob] = [kdc.who('alice'), kdc.who('bob')]
    const many = Array.from({ length: 300 }, () => begin(kdc, alice, '192.0.2.7', declared))
    const refused = many.slice(4)
    assert.equal(
      await Promise.all(refused.map(({ answer }) => answer)),
      refused.map(() => 503),
    )
    assert.is(kdc.kdc.bodies.held, BODY_LIMITS.ofSession.each)
    // Others there, and the owner elsewhere, have room.
    const others = [begin(kdc, bob, '192.0.2.7', declared), begin(kdc, alice, '198.51.100.7', declared)]
    const accepted = [...many.slice(0, 4), ...others]
    for (const { end } of accepted) end()
    // Judged as what it is: it lacks a time.
    for (const { answer } of accepted) assert.is(await answer, 422)
    assert.is(kdc.kdc.bodies.held, 0)
  })
}

bodies('have a total from one network, and in all, whatever sessions they claim', () => {
  const limits = { ofNetwork: { total: 100, each: 50 }, ofSession: { total: 100, each: 20 } }
  const room = new BodyBudget(limits)
  const sid = (i: number) => new Uint8Array(16).fill(i)
  const loans = [1, 2].map((i) => room.take('192.0.2.7', sid(i), 20))
  throws(() => room.take('192.0.2.7', sid(1), 1), 'kdc_busy')
  throws(() => room.take('192.0.2.7', sid(3), 20), 'kdc_busy')
  loans.push(room.take('192.0.2.7', sid(3), 10))
  for (const i of [1, 2]) loans.push(room.take('2001:db8::1', sid(i), 20))
  throws(() => room.take('2001:db8::2', sid(3), 20), 'kdc_busy')
  for (const loan of loans) loan.keep()
  throws(() => room.take('198.51.100.7', sid(4), 11), 'kdc_busy')
  assert.is(room.held, 90)
  for (const loan of [...loans, ...loans]) loan.end()
  assert.is(room.held, 0)
})

bodies('few networks, with bodies that never end, keep out no other', async () => {
  const kdc = await classKdc(['alice', 'bob', 'carol'])
  const crowd = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].flatMap((from) =>
    ['alice', 'carol'].flatMap((name) =>
      Array.from({ length: 5 }, () => begin(kdc, kdc.who(name), from, 2 * MEBIBYTE)),
    ),
  )
  // Each may have four from there: the others are refused.
  await Promise.all(crowd.filter((_, i) => i % 5 === 4).map(({ answer }) => answer))
  const room = kdc.kdc.bodies
  const sid = (i: number) => new Uint8Array(16).fill(i)
  const more = (from: string, i: number) => room.take(from, sid(i), 2 * MEBIBYTE)
  for (const from of ['203.0.113.1', '203.0.113.2', '203.0.113.3'])
    for (let i = 0; i < 8; i++) more(from, i >> 2)
  throws(() => more('203.0.113.1', 7), 'kdc_busy')
  const late = begin(kdc, kdc.who('bob'), '198.51.100.9', 2 * MEBIBYTE)
  // The oldest of the crowd has given way, and is told.
  assert.is(await Promise.race(crowd.filter((_, i) => i % 5 === 0).map(({ answer }) => answer)), 503)
  for (const { end } of [late, ...crowd]) end()
  assert.is(await late.answer, 422)
})

bodies('what has come as a whole gives way to nothing', () => {
  const limits = { ofNetwork: { total: 100, each: 100 }, ofSession: { total: 100, each: 100 } }
  const room = new BodyBudget(limits)
  const gone: number[] = []
  const take = (from: string, i: number, bytes: number) =>
    room.take(from, new Uint8Array(16).fill(i), bytes, () => gone.push(i))
  take('192.0.2.7', 1, 40).keep()
  take('192.0.2.7', 2, 30)
  const third = take('192.0.2.7', 3, 30)
  take('198.51.100.7', 4, 20)
  assert.equal(gone, [2])
  // Not for one who would have as much.
  throws(() => take('198.51.100.7', 5, 60), 'kdc_busy')
  assert.equal(gone, [2])
  assert.is(room.held, 90)
  third.end()
  third.end()
  assert.is(room.held, 60)
})

bodies('a body that is refused for its session takes no room, and no room from others', () => {
  const limits = { ofNetwork: { total: 90, each: 90 }, ofSession: { total: 80, each: 30 } }
  const room = new BodyBudget(limits)
  const gone: number[] = []
  const take = (from: string, i: number, bytes: number) =>
    room.take(from, new Uint8Array(16).fill(i), bytes, () => gone.push(i))
  for (const i of [1, 2]) take('192.0.2.7', i, 30)
  take('198.51.100.7', 3, 20)
  throws(() => take('198.51.100.7', 3, 20), 'kdc_busy')
  assert.equal(gone, [], 'it has more than its own share')
  throws(() => take('198.51.100.7', 4, 5), 'kdc_busy')
  assert.is(room.held, 80)
})

bodies.run()
