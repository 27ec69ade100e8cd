/** Another password, whatever stops it: at every moment the password that the KDC takes opens what is stored. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TransportError } from '../../src/lib/errors.ts'
import type { HttpReply } from '../../src/lib/kdc-link/http.ts'
import { changePassword } from '../../src/state/change-password.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { stateDirectoriesOf } from '../../src/state/paths.ts'
import { keyFilesIn } from '../../src/state/state-key.ts'
import { accountOf, type OnTheWay } from '../helpers/account.ts'
import { all, allIn, copyOf, newExportKey, newPlace, put } from '../helpers/state.ts'
import { rejects } from '../helpers/throws.ts'

const test = suite('change of password, with a state')

const VALUES = { a: 'one', b: 'two' }

/** dora's account, with something stored. */
async function doraWithState() {
  const account = await accountOf('dora', 'old')
  const place = newPlace()
  const state = await ClientState.open(place, account.first.exportKey)
  await put(state, VALUES)
  /** Opens the state with the password that the KDC takes now. */
  const opens = async (directory: string) => {
    const session = await account.enter('old').catch(() => account.enter('new'))
    return allIn(directory, session.exportKey)
  }
  return { ...account, place, state, opens, states: () => [place] }
}

test('the new password opens it, the old one no more, and whoever has it open goes on', async () => {
  const { enter, first, place, state, states } = await doraWithState()
  const oldKey = (await enter('old')).exportKey
  await changePassword(first, 'new', states)
  const session = await enter('new')
  assert.equal(await allIn(place, session.exportKey), VALUES)
  await rejects(ClientState.open(place, oldKey), 'state_locked')
  assert.is(keyFilesIn(place).length, 1)
  await put(state, { c: 'three' })
  assert.equal(await all(state), { ...VALUES, c: 'three' })
  // The same password again is another key.
  await changePassword(session, 'new', states)
  assert.equal(await allIn(place, (await enter('new')).exportKey), { ...VALUES, c: 'three' })
})

test('stopped anywhere, it opens with the password that the KDC takes', async () => {
  const { enter, place, opens, states } = await doraWithState()
  // The files at each step, as a crash there would leave them, with what the KDC takes then.
  const seen: string[] = []
  const look = async (step: string) => {
    assert.equal(await opens(copyOf(place)), VALUES, step)
    seen.push(`${step}: ${keyFilesIn(place).length}`)
  }
  const watched = await enter('old', async (path, pass) => {
    if (!path.startsWith('/password/')) return pass()
    await look(`before ${path}`)
    const reply = await pass()
    await look(`after ${path}`)
    return reply
  })
  await changePassword(watched, 'new', states)
  await look('done')
  assert.equal(seen, [
    'before /password/start: 1',
    'after /password/start: 1',
    'before /password/finish: 2',
    'after /password/finish: 2',
    'done: 1',
  ])
})

const lost = () => new TransportError('kdc_unreachable', 'lost')

const forged = (code: string, status = 401): HttpReply => ({
  status,
  type: 'application/problem+json',
  body: Buffer.from(JSON.stringify({ status, code, detail: '' })),
})

const atFinish =
  (meddle: (pass: () => Promise<HttpReply>) => Promise<HttpReply>): OnTheWay =>
  (path, pass) =>
    path === '/password/finish' ? meddle(pass) : pass()

const flip = (reply: HttpReply): HttpReply => {
  const body = Uint8Array.from(reply.body)
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
  return { ...reply, body }
}

const afterwards = (reply: (real: HttpReply) => HttpReply) => atFinish(async (pass) => reply(await pass()))

/** What happens on the way, and which password holds then: as it is said. */
const FAILURES: Record<string, [OnTheWay, 'new' | 'old']> = {
  'the first request is lost': [
    (path, pass) => (path === '/password/start' ? Promise.reject(lost()) : pass()),
    'old',
  ],
  'the new record is lost': [atFinish(() => Promise.reject(lost())), 'old'],
  'the answer is lost': [
    afterwards(() => {
      throw lost()
    }),
    'new',
  ],
  // What somebody on the way can do without the token.
  'the answer is forged': [afterwards(() => forged('token_unknown')), 'new'],
  'the answer is changed': [afterwards(flip), 'new'],
  'the answer is cut': [afterwards((reply) => ({ ...reply, body: reply.body.subarray(0, 20) })), 'new'],
  'a refusal is forged and the new record lost': [
    atFinish(async () => forged('request_refused', 400)),
    'old',
  ],
  'an end of the session is forged and the new record lost': [
    atFinish(async () => forged('token_unknown')),
    'old',
  ],
}

for (const [what, [onTheWay, holds]] of Object.entries(FAILURES)) {
  test(`when ${what}, it is said which password holds, that one opens it, and the next change clears up`, async () => {
    const { enter, place, opens, states } = await doraWithState()
    const meddled = await enter('old', onTheWay)
    const outcome = await changePassword(meddled, 'new', states).then(
      () => 'new',
      (error) => {
        assert.instance(error, TransportError)
        assert.is.not(error.code, 'outcome_unknown')
        return 'old'
      },
    )
    assert.is(outcome, holds)
    assert.equal(await opens(place), VALUES)
    const session = await enter(holds)
    await rejects(enter(holds === 'new' ? 'old' : 'new'), 'login_refused')
    // The session goes on, with the password that holds.
    await meddled.renew()
    assert.equal(await allIn(place, meddled.exportKey), VALUES)
    await changePassword(session, 'newer', states)
    assert.is(keyFilesIn(place).length, 1)
    assert.equal(await allIn(place, (await enter('newer')).exportKey), VALUES)
  })
}

test('when it cannot be found out, that is said, and both passwords would open it', async () => {
  const { kdc, enter, place, states } = await doraWithState()
  const oldKey = (await enter('old')).exportKey
  for (const arrives of [true, false]) {
    let isMeddling = false
    const meddled = await enter(arrives ? 'old' : 'new', async (path, pass) => {
      if (path === '/password/finish') {
        isMeddling = true
        if (arrives) await pass()
      }
      return isMeddling ? forged('login_refused') : pass()
    })
    await rejects(changePassword(meddled, arrives ? 'new' : 'newer', states), 'outcome_unknown')
    assert.is(keyFilesIn(place).length, arrives ? 2 : 3)
    if (arrives) assert.equal(await allIn(place, oldKey), VALUES)
    const { exportKey } = await enter('new')
    assert.equal(await allIn(place, exportKey), VALUES)
  }
  kdc.time.now += 1
})

test('a record that was held back comes too late once it was said that the old password holds', async () => {
  const { enter } = await doraWithState()
  const held: (() => Promise<HttpReply>)[] = []
  const meddled = await enter(
    'old',
    atFinish(async (pass) => {
      held.push(pass)
      return forged('internal', 500)
    }),
  )
  const error = await meddled.changePassword('new').catch((error) => error)
  assert.match(error.message, /the one before/)
  for (const release of held) await release()
  assert.ok(held.length > 0)
  await enter('old')
  await rejects(enter('new'), 'login_refused')
})

test('a record that arrives while it is found out is not taken for lost', async () => {
  const { enter } = await doraWithState()
  const held: (() => Promise<HttpReply>)[] = []
  const meddled = await enter('old', async (path, pass) => {
    if (path === '/password/finish') {
      held.push(pass)
      return forged('internal', 500)
    }
    // After both passwords were tried.
    if (path === '/sessions/end') for (const release of held) await release()
    return pass()
  })
  await rejects(meddled.changePassword('new'), 'outcome_unknown')
  await enter('new')
})

test('stopped after the KDC has it, before the old one is let go', async () => {
  const { first, place, opens, enter } = await doraWithState()
  let asked = 0
  const states = () => {
    if (++asked === 2) throw Object.assign(new Error('stopped'), { code: 'stopped' })
    return [place]
  }
  await rejects(changePassword(first, 'new', states), 'stopped')
  assert.is(asked, 2)
  assert.is(keyFilesIn(place).length, 2)
  assert.equal(await opens(place), VALUES)
  await changePassword(await enter('new'), 'newer', () => [place])
  assert.is(keyFilesIn(place).length, 1)
  assert.equal(await allIn(place, (await enter('newer')).exportKey), VALUES)
})

test('if the new key cannot be kept, the password stays', async () => {
  const { enter, place, opens, states } = await doraWithState()
  const session = await enter('old')
  const failing = () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  await rejects(changePassword(session, 'new', failing), 'ENOSPC')
  assert.equal(await opens(place), VALUES)
  await enter('old')
  await changePassword(session, 'new', states)
})

test('of two at once one succeeds, and its password opens it', async () => {
  const { enter, place, states } = await doraWithState()
  // The first has its password at the KDC, and stands still; the second logs in with it, sets its own, and is done.
  let goOn = () => {}
  const stands = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let reached = () => {}
  const there = new Promise<void>((resolve) => {
    reached = resolve
  })
  const slow = await enter('old', async (path, pass) => {
    const reply = await pass()
    if (path === '/password/finish') {
      reached()
      await stands
    }
    return reply
  })
  const first = changePassword(slow, 'one', states)
  await there
  await changePassword(await enter('one'), 'two', states)
  goOn()
  await first
  assert.equal(await allIn(place, (await enter('two')).exportKey), VALUES)
  // Both at the same time.
  const both = await Promise.all([enter('two'), enter('two')])
  const results = await Promise.allSettled(
    both.map((session, i) => changePassword(session, `three ${i}`, states)),
  )
  const winner = results.findIndex(({ status }) => status === 'fulfilled')
  assert.equal(await allIn(place, (await enter(`three ${winner}`)).exportKey), VALUES)
})

test('a state that is made in the meantime with the old password is taken along', async () => {
  const { enter, place } = await doraWithState()
  const base = dirname(dirname(place))
  const late = join(base, 'late', 'dora')
  const oldKey = (await enter('old')).exportKey
  const session = await enter('old', async (path, pass) => {
    if (path === '/password/finish') await put(await ClientState.open(late, oldKey), { c: 'late' })
    return pass()
  })
  await changePassword(session, 'new', () => [place, late])
  const { exportKey } = await enter('new')
  assert.equal(await allIn(late, exportKey), { c: 'late' })
  assert.equal(await allIn(place, exportKey), VALUES)
  assert.equal([keyFilesIn(late).length, keyFilesIn(place).length], [1, 1])
})

test('where there is no state, none is made', async () => {
  const { enter, first } = await accountOf('dora', 'old')
  const base = dirname(newPlace())
  await changePassword(first, 'new', () => stateDirectoriesOf(base, 'dora'))
  assert.not.ok(existsSync(base))
  await changePassword(await enter('new'), 'newer', () => [join(base, 'k', 'dora')])
  assert.not.ok(existsSync(base))
})

test('those put aside are taken along; locked, damaged and empty ones are left as they are', async () => {
  const { enter, first } = await accountOf('dora', 'old')
  const base = dirname(newPlace())
  const own = join(base, 'k', 'dora')
  await put(await ClientState.open(own, first.exportKey), { a: 'aside' })
  const aside = `${own}~1`
  renameSync(own, aside)
  await put(await ClientState.open(own, first.exportKey), VALUES)
  const strangersKey = newExportKey()
  const locked = join(base, 'other', 'dora')
  await put(await ClientState.open(locked, strangersKey), { a: 'locked' })
  const damaged = join(base, 'damaged', 'dora')
  await ClientState.open(damaged, first.exportKey)
  writeFileSync(keyFilesIn(damaged)[0] ?? '', 'nothing')
  const empty = join(base, 'empty', 'dora')
  mkdirSync(empty, { recursive: true })
  const untouched = () => [locked, damaged, empty].map(keyFilesIn)
  const before = untouched()

  await changePassword(first, 'new', () => stateDirectoriesOf(base, 'dora'))
  const { exportKey } = await enter('new')
  assert.equal(await allIn(own, exportKey), VALUES)
  assert.equal(await allIn(aside, exportKey), { a: 'aside' })
  assert.equal(untouched(), before)
  assert.equal(await allIn(locked, strangersKey), { a: 'locked' })
})

test('a damaged file with the key is no harm beside one that opens', async () => {
  const { first, place, enter } = await doraWithState()
  for (const name of ['key.0000000000000000', 'key.ffffffffffffffff']) {
    writeFileSync(join(place, name), 'nothing', { mode: 0o600 })
    assert.equal(await allIn(place, first.exportKey), VALUES)
    await rejects(ClientState.open(place, newExportKey()), 'state_damaged')
    rmSync(join(place, name))
  }
  assert.equal(await allIn(place, (await enter('old')).exportKey), VALUES)
})

test.run()
