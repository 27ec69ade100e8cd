/**
 * The tools, while somebody on the way to the KDC forges, changes, holds and cuts: their exit status says what is known, and once the line is
 * clean nothing is lost, doubled or broken, and what runs goes on.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { register } from '../../src/lib/register.ts'
import { login } from '../../src/lib/session.ts'
import { MeddlingProxy, type Mischief } from '../helpers/meddling-proxy.ts'
import { FORGERIES, forged, WAYS } from '../helpers/mischief.ts'
import type { Program } from '../helpers/program.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { group, KDC, lines, send } from './tools.ts'

const tools = suite('the tools, when somebody meddles')

const NAMES = ['alice', 'bob', 'carol', 'dora']
const TRY_LATER = 3

let realm: Realm
let proxy: MeddlingProxy

tools.before(async () => {
  realm = new Realm()
  writeFileSync(realm.passwordFile, `${PASSWORD}\n`, { mode: 0o600 })
  await realm.startKdc(KDC, '0', '--login-tries', '1000000', '--registration', 'open')
  for (const name of NAMES) await (await register(realm.url, name, PASSWORD)).logout()
  proxy = await MeddlingProxy.start(realm.url)
  realm.url = proxy.url
  realm.trust(proxy.url)
  await Promise.all(NAMES.map((name) => group(realm, 0, name, 'list')))
  await group(realm, 0, 'alice', 'create', 'team')
  await group(realm, 0, 'alice', 'add', 'team', 'bob')
  await group(realm, 0, 'bob', 'list')
})

tools.after(async () => {
  await proxy.close()
  await realm.close()
})

/** The problem is forged, and the request `lost`, `delivered` or `held`. */
function forge(code: string, how: string, status?: number): Mischief {
  const mischief = FORGERIES.get(how)
  assert.ok(mischief, how)
  return (mischief as NonNullable<typeof mischief>)(forged(code, status))
}

/** The first way of a kind. */
function way(kind: string): Mischief {
  const [first] = WAYS.get(kind) ?? []
  assert.ok(first, kind)
  return (first as NonNullable<typeof first>).mischief
}

/** Runs a tool to its end while somebody meddles with one route, and makes the line clean again. */
async function meddled(path: string, mischief: Mischief, run: () => Promise<unknown>): Promise<void> {
  void proxy.plan(path, mischief)
  try {
    await run()
    assert.ok(proxy.met > 0, `the tool does not use ${path}`)
  } finally {
    await proxy.clean()
  }
}

/** What bob has of a conversation, from its beginning. */
async function allOf(name: string, ...of: string[]): Promise<string[]> {
  const { stdout } = await group(realm, 0, name, 'read', ...of, '--all')
  return lines(stdout)
}

const unknowns: [string, Mischief][] = [
  ['the answer is flipped', way('flip the answer')],
  ['the request is flipped', way('flip the request')],
  ['a refusal is forged, and the request held', forge('request_refused', 'held')],
  ['another epoch is forged, and the request delivered', forge('epoch_passed', 'delivered')],
  ['the connection is cut', way('cut the connection')],
]

/**
 * Each was read at most once, in order; the first of those that were meddled with was kept, and so once. (While one is kept that cannot be
 * sent, the next one may be refused by the tool before it is kept.)
 */
function judgeOnce(read: string[], meant: string[]): void {
  assert.equal(
    read,
    meant.filter((line) => read.includes(line)),
  )
  const [first, second] = meant
  assert.ok(read.includes(first ?? '') && (meant.length < 3 || read.includes(second ?? '')), `${read}`)
}

tools('a message to one who is away: the status is 3 while nobody knows, and it is read once', async () => {
  const texts: string[] = []
  await send(realm, 0, 'alice', 'bob', 'before')
  for (const [what, mischief] of unknowns) {
    texts.push(what)
    await meddled('/groups/send', mischief, () => send(realm, TRY_LATER, 'alice', 'bob', what))
  }
  await group(realm, 0, 'alice', 'list')
  await proxy.release()
  const read = await allOf('bob', '--with', 'alice')
  judgeOnce(
    read,
    ['before', ...texts].map((text) => `alice: ${text}`),
  )
})

tools('a message to a group: likewise, and both hear each other afterwards', async () => {
  for (const [what, mischief] of unknowns.slice(2, 4)) {
    await meddled('/groups/send', mischief, () => group(realm, TRY_LATER, 'alice', 'send', 'team', what))
  }
  await proxy.release()
  await group(realm, 0, 'alice', 'send', 'team', 'to bob')
  await group(realm, 0, 'bob', 'send', 'team', 'to alice')
  const meant = unknowns.slice(2, 4).map(([what]) => `alice: ${what}`)
  for (const name of ['alice', 'bob']) {
    const read = await allOf(name, 'team')
    assert.equal(read.slice(-2), ['alice: to bob', 'bob: to alice'])
    judgeOnce(read.slice(0, -2), meant)
  }
})

tools('a new member of a group: it happens once, and nobody falls out of step', async () => {
  const args = ['add', 'team', 'carol']
  const held = forge('request_refused', 'held')
  await meddled('/groups/commit', held, () => group(realm, TRY_LATER, 'alice', ...args))
  // Late, and perhaps after the tool has given up.
  await proxy.release()
  await group(realm, 0, 'alice', ...args)
  await group(realm, 0, 'alice', 'send', 'team', 'hello carol')
  await group(realm, 0, 'carol', 'send', 'team', 'hello all')
  for (const name of ['alice', 'bob', 'carol']) {
    assert.equal((await allOf(name, 'team')).slice(-2), ['alice: hello carol', 'carol: hello all'], name)
  }
})

/** `passwd dora`, with this new password. */
function passwd(password: string, next: string): Program {
  const [file, newFile] = [join(realm.home, 'dora'), join(realm.home, 'dora-new')]
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  writeFileSync(newFile, `${next}\n`, { mode: 0o600 })
  const args = ['--kdc', realm.url, '--password-file', file, '--new-password-file', newFile]
  return realm.run('src/passwd.ts', 'dora', ...args).input()
}

/** Whether this password logs somebody in. */
async function opens(name: string, password: string): Promise<boolean> {
  try {
    await (await login(realm.url, name, password)).logout()
    return true
  } catch (error) {
    assert.is((error as { code?: string }).code, 'login_refused')
    return false
  }
}

tools('a password: the status says what is known of it, and one of the two holds', async () => {
  let password = PASSWORD
  const cases: [string, Mischief][] = [
    ['the answer is flipped', way('flip the answer')],
    ['the end of the session is forged, and the request delivered', forge('token_unknown', 'delivered')],
    ['a refusal is forged, and the request lost', forge('login_stale', 'lost')],
    ['a refusal is forged, and the request held', forge('kdc_key_changed', 'held')],
  ]
  for (const [index, [what, mischief]] of cases.entries()) {
    const next = `a password, number ${index}`
    const statuses: (number | string)[] = []
    await meddled('/password/finish', mischief, async () => {
      statuses.push(await passwd(password, next).exit)
    })
    const [status = 'none'] = statuses
    await proxy.release()
    const [old, now] = [await opens('dora', password), await opens('dora', next)]
    assert.not.equal(old, now, `one of the two, when ${what}`)
    assert.ok(status === TRY_LATER || status === (now ? 0 : 1), `status ${status}, when ${what}`)
    if (now) password = next
  }
  await passwd(password, 'the last of them').ends(0)
  // What her tools have kept opens, too.
  const env = { SYMBOLON_PASSWORD: 'the last of them' }
  await realm.runWith(env, 'src/group.ts', 'dora', 'list', '--kdc', realm.url).input().ends(0)
})

tools('an account: the status says what is known, and its password works once it is there', async () => {
  for (const [index, mischief] of [way('flip the answer'), forge('account_exists', 'lost')].entries()) {
    const name = `erin-${index}`
    const env = { SYMBOLON_INVITATION: await realm.invite(name, KDC) }
    const args = [name, '--kdc', realm.url, '--password-file', realm.passwordFile]
    const signUp = () => realm.runWith(env, 'src/register.ts', ...args).input()
    const statuses: (number | string)[] = []
    await meddled('/register/finish', mischief, async () => {
      statuses.push(await signUp().exit)
    })
    assert.ok(
      statuses[0] === TRY_LATER || (statuses[0] === 0 && (await opens(name, PASSWORD))),
      `${statuses}`,
    )
    const again = signUp()
    if ((await again.exit) !== 0) assert.match(again.stderr, /account_exists|invitation_refused/)
    assert.ok(await opens(name, PASSWORD))
  }
})

tools('sessions and users: the status is 3 while nobody knows, and 0 on a clean line', async () => {
  const receiver = await realm.receiver('bob')
  const end = () => realm.tool('sessions', 'bob', '--end-others').input()
  await meddled('/sessions/end', forge('login_stale', 'lost'), () => end().ends(TRY_LATER))
  await meddled('/sessions/end', way('flip the answer'), () => end().ends(TRY_LATER))
  await end().ends(0)
  await meddled('/users/online', forge('not_allowed', 'lost'), () =>
    realm.tool('users', 'alice', 'bob').input().ends(TRY_LATER),
  )
  await receiver.stop()
})

/** Waits until a program has met what is planned for it, and has not ended. */
async function goesOn(program: Program, met: Promise<void>): Promise<void> {
  const ended = program.exit.then((status) => {
    throw new Error(`it has ended with ${status}:\n${program.stdout}\n${program.stderr}`)
  })
  await Promise.race([met, ended])
}

tools('a receiver goes on, whatever is forged, and is reached as soon as the line is clean', async () => {
  // With the first look at what waits.
  const first = proxy.plan('/mailbox/wait', forge('state_damaged', 'lost', 401), { times: 1 })
  const receiver = await realm.receiver('bob', '--refresh', '1')
  await goesOn(receiver, first)
  for (const code of [
    'kdc_key_changed',
    'state_damaged',
    'history_forked',
    'login_refused',
    'request_refused',
  ]) {
    await goesOn(receiver, proxy.plan('/listen', forge(code, 'delivered', 401)))
  }
  for (const path of ['/login/start', '/login/finish']) {
    await goesOn(receiver, proxy.plan('/listen', forge('token_unknown', 'lost'), { times: 1 }))
    await goesOn(receiver, proxy.plan(path, forge('kdc_key_changed', 'lost', 401), { times: 1 }))
  }
  await proxy.clean()
  // The receiver's next word to the KDC, which is heard.
  await receiver.says('stderr', /the KDC is back/)
  await send(realm, 0, 'alice', 'bob', 'are you there?')
  assert.equal(receiver.stdout.match(/are you there\?/g)?.length, 1)
  await group(realm, 0, 'alice', 'send', 'team', 'and in the group')
  await receiver.says('stderr', /team: \d+ unread/)
  assert.is(await receiver.stop(), 0)
})

tools('one who reads on goes on, whatever is forged, and shows what comes next', async () => {
  // On a way of its own: what others send is not meddled with.
  const own = await MeddlingProxy.start(proxy.kdcUrl)
  const credentials = ['--kdc', own.url, '--password-file', realm.passwordFile]
  const args = ['bob', 'read', 'team', '--follow', ...credentials]
  const reader = realm.run('src/group.ts', ...args).input()
  await reader.says('stdout', /and in the group/)
  for (const code of [
    'kdc_key_changed',
    'state_damaged',
    'history_forked',
    'group_unknown',
    'request_refused',
  ]) {
    const met = own.plan('/mailbox', forge(code, 'lost'), { times: 1 })
    // It is looked at when it comes.
    await group(realm, 0, 'carol', 'send', 'team', code)
    await goesOn(reader, met)
    // Then the way is cut, and asked for again.
    const waited = own.plan('/mailbox/wait', forge(code, 'lost'), { times: 1 })
    own.cut()
    await goesOn(reader, waited)
    await own.clean()
    await reader.says('stdout', new RegExp(code))
  }
  assert.is(await reader.stop('SIGINT'), 0)
  await own.close()
})

tools.run()
