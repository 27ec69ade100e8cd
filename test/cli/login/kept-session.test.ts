/** A session that is kept from one command to the next: what it spares, what it does not give away, and how it ends. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keepSession, readKept, resumeSession, takeKept } from '../../../src/cli/login/kept-session.ts'
import { login } from '../../../src/lib/session.ts'
import { takeLock } from '../../../src/state/lock.ts'
import { MeddlingProxy } from '../../helpers/meddling-proxy.ts'
import { onPosix } from '../../helpers/needs.ts'
import type { Program } from '../../helpers/program.ts'
import { nodeCommand } from '../../helpers/program.ts'
import { PASSWORD, Realm } from '../../helpers/realm.ts'
import { rejects } from '../../helpers/throws.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const test = suite<{ realm: Realm }>('a kept session')
const tmux = withTmux(test)

test.before(async (context) => {
  context.realm = await Realm.start('alice', 'bob')
})
test.after.each(async ({ realm }) => {
  rmSync(sessionsIn(realm), { recursive: true, force: true })
  rmSync(join(realm.home, 'config', 'symbolon', 'credentials'), { force: true })
  realm.trust(realm.url)
  for (const name of ['alice', 'bob']) {
    const session = await login(realm.url, name, PASSWORD)
    await session.endSessions()
    await session.logout()
  }
})
test.after(({ realm }) => realm.close())

/** A tool that is told no password, and has no person to ask for one. */
function bare(realm: Realm, tool: string, ...args: string[]): Program {
  return realm.run(`src/${tool}.ts`, ...args, '--kdc', realm.url).input()
}

const sessionsIn = (realm: Realm) => join(realm.home, 'state', 'symbolon', 'sessions')

/** The files with a session each, not the key. */
function keptIn(realm: Realm): string[] {
  const names = existsSync(sessionsIn(realm)) ? readdirSync(sessionsIn(realm)) : []
  return names.filter((name) => name !== 'session-key').map((name) => join(sessionsIn(realm), name))
}

async function tokenTexts(realm: Realm): Promise<string[]> {
  return (await realm.tokens('kdc')).map((token) => token.toText())
}

async function refusedAsOver(program: Program, why = /has ended/): Promise<void> {
  await program.ends(2)
  assert.match(program.stderr, new RegExp(`the session of alice kept for \\S+ ${why.source}$`, 'm'))
  assert.match(program.stderr, /no terminal to ask for a password on/)
  assert.match(program.stderr, /hint: .*login.* alice --kdc \S+$/m)
}

test('no command asks for a password, none logs out, and all use that one session', async ({ realm }) => {
  // Bob has a mailbox then.
  await realm.tool('users', 'bob').ends(0)
  const logged = await realm.tool('login', 'alice').ends(0)
  assert.match(logged.stderr, /alice is logged in at http:\S+ until \d{4}-/)
  const before = await tokenTexts(realm)
  assert.is(before.length, 1)
  await bare(realm, 'sender', 'alice', 'bob', 'hi').ends(0)
  await bare(realm, 'group', 'alice', 'create', 'friends').ends(0)
  await bare(realm, 'sessions', 'alice').ends(0)
  const together = Array.from({ length: 4 }, () => bare(realm, 'users', 'alice'))
  await Promise.all(together.map((users) => users.ends(0)))
  assert.equal(await tokenTexts(realm), before)
  const { stdout } = await bare(realm, 'users', 'alice', 'bob', '--json').ends(0)
  assert.match(stdout, /"event":"user"/)
})

test('who says how to log in gets a session of their own, and the kept one stays', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const before = await tokenTexts(realm)
  await realm.tool('users', 'alice').ends(0)
  await realm
    .runWith({ SYMBOLON_PASSWORD: 'wrong' }, 'src/users.ts', 'alice', '--kdc', realm.url)
    .input()
    .ends(1)
  assert.equal(await tokenTexts(realm), before)
  // Another principal, or another KDC, has none.
  await bare(realm, 'users', 'bob').ends(2)
})

test('the files are their owner’s alone, and give away neither token nor export key', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const [token = ''] = await tokenTexts(realm)
  const session = await login(realm.url, 'alice', PASSWORD)
  const secrets = [token, session.exportKey.toText()]
  await session.logout()
  const [file = ''] = keptIn(realm)
  for (const path of [file, join(sessionsIn(realm), 'session-key')]) {
    if (process.platform !== 'win32') assert.is(statSync(path).mode & 0o777, 0o600)
    const text = readFileSync(path, 'latin1')
    for (const secret of secrets) {
      assert.not.ok(
        text.includes(secret) || text.includes(Buffer.from(secret, 'base64url').toString('latin1')),
      )
    }
  }
  assert.not.ok(secrets.some((secret) => realm.output().includes(secret)))
})

onPosix(test)(
  'where there is a runtime directory the key is there, and the rest is of no use without it',
  async ({ realm }) => {
    const runtime = join(realm.home, 'run')
    mkdirSync(runtime, { mode: 0o700 })
    const env = { XDG_RUNTIME_DIR: runtime }
    await realm.toolWith(env, 'login', 'alice').ends(0)
    assert.ok(existsSync(join(runtime, 'symbolon', 'session-key')))
    assert.is(keptIn(realm).length, 1)
    assert.is(readdirSync(sessionsIn(realm)).length, 1)
    await realm.runWith(env, 'src/users.ts', 'alice', '--kdc', realm.url).input().ends(0)
    // Logged in to the machine anew, or the disk is somewhere else.
    await refusedAsOver(bare(realm, 'users', 'alice'))
    const whoami = realm.run('src/whoami.ts').input()
    await whoami.ends(1)
    const logout = await realm.run('src/logout.ts').input().ends(0)
    assert.match(logout.stderr, /removed 1 session that could not be opened/)
    assert.equal(keptIn(realm), [])
  },
)

test('one that was damaged, or moved to another name, is over', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  await realm.tool('login', 'bob').ends(0)
  const kept = keptIn(realm)
  const [first = '', second = ''] = kept
  copyFileSync(first, second)
  const both = [bare(realm, 'users', 'alice'), bare(realm, 'users', 'bob')]
  const statuses = await Promise.all(both.map((program) => program.exit))
  assert.equal(statuses.sort(), [0, 2], both.map(({ stderr }) => stderr).join())
  writeFileSync(first, readFileSync(first, 'latin1').slice(0, 60))
  for (const name of ['alice', 'bob']) {
    const { stderr } = await bare(realm, 'users', name).ends(2)
    assert.match(stderr, /has ended/)
  }
})

onPosix(test)('while their key cannot be read, none is thrown away', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const key = join(sessionsIn(realm), 'session-key')
  const aside = join(realm.home, 'key-aside')
  renameSync(key, aside)
  // Of a loop the system says as little as of a disk across the network that is away.
  symlinkSync('session-key', key)
  await realm.run('src/logout.ts').input().ends(1)
  assert.is(keptIn(realm).length, 1)
  rmSync(key)
  renameSync(aside, key)
  await bare(realm, 'users', 'alice').ends(0)
})

onPosix(test)('a runtime directory to which there is no way is none', async ({ realm }) => {
  const loop = join(realm.home, 'loop')
  symlinkSync('loop', loop)
  await realm.toolWith({ XDG_RUNTIME_DIR: loop }, 'login', 'alice').ends(0)
  await bare(realm, 'users', 'alice').ends(0)
})

test('the logout of one leaves those of others that do not open', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const [ofAlice = ''] = keptIn(realm)
  await realm.tool('login', 'bob').ends(0)
  writeFileSync(ofAlice, readFileSync(ofAlice, 'latin1').slice(0, 60))
  await bare(realm, 'logout', 'bob').ends(0)
  assert.equal(keptIn(realm), [ofAlice])
  const { stderr } = await bare(realm, 'logout', 'alice').ends(0)
  assert.match(stderr, /removed 1 session/)
  assert.equal(keptIn(realm), [])
})

/** Logs alice in by way of the proxy, and keeps the session. */
async function keptBehind(proxy: MeddlingProxy, realm: Realm): Promise<void> {
  realm.trust(proxy.url)
  const login = ['--kdc', proxy.url, '--password-file', realm.passwordFile]
  await realm.run('src/login.ts', 'alice', ...login).ends(0)
}

/** Has the proxy answer a request for this path that the session is over, without the KDC's seal. */
function forgeEnd(proxy: MeddlingProxy, path: string): void {
  const body = Buffer.from(JSON.stringify({ code: 'token_unknown', status: 401, title: '', detail: '' }))
  void proxy.plan(path, async () => ({ status: 401, type: 'application/problem+json', body }))
}

test('a forged end is not told as the word of the KDC at a logout', async ({ realm }) => {
  const proxy = await MeddlingProxy.start(realm.url)
  try {
    await keptBehind(proxy, realm)
    forgeEnd(proxy, '/logout')
    const { stderr } = await realm.run('src/logout.ts', 'alice', '--kdc', proxy.url).input().ends(0)
    assert.match(stderr, /without the KDC's seal; the KDC ends the session by itself, at \d{4}-/)
    assert.is((await realm.tokens('kdc')).length, 1)
  } finally {
    await proxy.close()
  }
})

onPosix(test)('one that others can read is refused, and so is its key', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  for (const path of [...keptIn(realm), join(sessionsIn(realm), 'session-key')]) {
    chmodSync(path, 0o644)
    for (const program of [bare(realm, 'users', 'alice'), realm.run('src/whoami.ts')]) {
      await program.ends(1)
      assert.match(program.stderr, /can be read by other users.*file_not_private[\s\S]*hint: .*chmod 600/)
    }
    chmodSync(path, 0o600)
  }
  await bare(realm, 'users', 'alice').ends(0)
})

test('another login takes its place, ends it at the KDC, and what is under way goes on', async ({
  realm,
}) => {
  const place = { username: 'alice', kdc: realm.url }
  const variable = process.env.XDG_STATE_HOME
  process.env.XDG_STATE_HOME = realm.env.XDG_STATE_HOME
  try {
    await realm.tool('login', 'alice').ends(0)
    const underWay = await resumeSession(place, {})
    const [old] = await tokenTexts(realm)
    const again = await realm.tool('login', 'alice').ends(0)
    assert.match(again.stderr, /the session of before has ended/)
    const [now, ...others] = await tokenTexts(realm)
    assert.equal(others, [])
    assert.is.not(now, old)
    assert.is((await underWay.sessions()).length, 1)
    assert.is(underWay.token.toText(), now)
    await bare(realm, 'logout', 'alice').ends(0)
    await rejects(underWay.sessions(), 'token_expired')
    await underWay.close()
    assert.is(readKept(place), undefined)
  } finally {
    if (variable === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = variable
  }
})

test('of two logins at once, the one whose place is taken is ended at the KDC', async ({ realm }) => {
  const variable = process.env.XDG_STATE_HOME
  process.env.XDG_STATE_HOME = realm.env.XDG_STATE_HOME
  try {
    const [one, two] = [await login(realm.url, 'alice', PASSWORD), await login(realm.url, 'alice', PASSWORD)]
    await keepSession(one, realm.url)
    const [path = ''] = keptIn(realm)
    const kept = readFileSync(path)
    rmSync(path)
    // As another process that keeps its session at this moment.
    const release = await takeLock(`${sessionsIn(realm)}.lock`, 0)
    const other = keepSession(two, realm.url)
    writeFileSync(path, kept, { mode: 0o600 })
    release()
    await other
    assert.equal(await tokenTexts(realm), [two.token.toText()])
    await Promise.all([one.close(), two.close()])
  } finally {
    if (variable === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = variable
  }
})

test('a logout takes what a login has put there at this moment, and no other takes it', async ({ realm }) => {
  const variable = process.env.XDG_STATE_HOME
  process.env.XDG_STATE_HOME = realm.env.XDG_STATE_HOME
  try {
    const [one, two] = [await login(realm.url, 'alice', PASSWORD), await login(realm.url, 'alice', PASSWORD)]
    const place = { username: 'alice', kdc: realm.url }
    await keepSession(two, realm.url)
    const [path = ''] = keptIn(realm)
    const newer = readFileSync(path)
    await keepSession(one, realm.url)
    // As a login that is about to keep another session.
    const release = await takeLock(`${sessionsIn(realm)}.lock`, 0)
    const takes = [takeKept(place), takeKept(place)]
    writeFileSync(path, newer, { mode: 0o600 })
    release()
    const taken = (await Promise.all(takes)).flatMap((kept) => kept?.token.toText() ?? [])
    assert.equal(taken, [two.token.toText()])
    assert.equal(keptIn(realm), [])
    await Promise.all([one.close(), two.close()])
  } finally {
    if (variable === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = variable
  }
})

test('one that is kept has not ended because a wrong key is given', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const credentials = join(realm.home, 'config', 'symbolon', 'credentials')
  writeFileSync(credentials, JSON.stringify({ [realm.url]: { alice: PASSWORD } }), { mode: 0o600 })
  const { stderr } = await bare(realm, 'users', 'alice', '--kdc-key', `${'A'.repeat(42)}E`).ends(1)
  rmSync(credentials)
  assert.match(stderr, /^users: the session of alice kept for \S+ is with a KDC of another key$/m)
  assert.match(stderr, /where A+E was given \(kdc_key_changed\)\nusers: hint: .*--kdc-key/)
  await bare(realm, 'users', 'alice').ends(0)
  await bare(realm, 'logout').ends(0)
})

test('logout ends it at the KDC', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  await realm.tool('login', 'bob').ends(0)
  const logout = await bare(realm, 'logout', 'alice').ends(0)
  assert.match(logout.stderr, /alice is logged out/)
  assert.is((await realm.tokens('kdc')).length, 1)
  await bare(realm, 'users', 'alice').ends(2)
  await bare(realm, 'users', 'bob').ends(0)
  const { stderr } = await realm.run('src/logout.ts', 'alice').ends(1)
  assert.match(
    stderr,
    /^logout: error: no session of alice is kept here\nlogout: hint: .*whoami.* tells which are$/m,
  )
  await bare(realm, 'logout').ends(0)
  const none = await realm.run('src/logout.ts').ends(1)
  assert.is(none.stderr, 'logout: error: no session is kept here\n')
  assert.equal([keptIn(realm), await realm.tokens('kdc')], [[], []])
})

test('logout forgets it where the KDC is away, and says until when it lives there', async () => {
  const realm = await Realm.start('alice')
  await realm.tool('login', 'alice').ends(0)
  await realm.stopKdc()
  const unknown = realm.run('src/whoami.ts').input()
  await unknown.ends(3)
  assert.match(unknown.stdout, /^alice at \S+, since .*, until .*: unknown\n$/)
  const { stderr } = await bare(realm, 'logout').ends(0)
  assert.match(stderr, /logged out here: cannot reach the KDC .*ends the session by itself, at \d{4}-/)
  assert.equal(keptIn(realm), [])
  await realm.close()
})

test('whoami tells of each, for people and for programs', async ({ realm }) => {
  const none = await realm.run('src/whoami.ts').ends(1)
  assert.match(none.stderr, /no session is active here[\s\S]*hint: .*login/)
  await realm.tool('login', 'bob').ends(0)
  await realm.tool('login', 'alice').ends(0)
  const { stdout } = await realm.run('src/whoami.ts').ends(0)
  assert.match(stdout, /^alice at http:\S+, since \d{4}-.*, until \d{4}-.*: active\nbob at .*: active\n$/)
  await realm.forget('bob', 'kdc')
  const events = (await realm.run('src/whoami.ts', '--json').ends(0)).stdout.trim().split('\n')
  const told = events
    .map((line) => JSON.parse(line))
    .map(({ username, kdc, state }) => [username, kdc, state])
  assert.equal(told, [
    ['alice', realm.url, 'active'],
    ['bob', realm.url, 'ended'],
  ])
  await realm.run('src/whoami.ts', 'alice').ends(2)
})

test('whoami tells since when, and until when the KDC has said that it lives', async ({ realm }) => {
  const event = ({ stdout }: Program) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  const before = Math.floor(Date.now() / 1000)
  const { expires_at } = event(await realm.tool('login', 'alice', '--json').ends(0))
  const told = event(await realm.run('src/whoami.ts', '--json').ends(0))
  assert.is(told.expires_at, expires_at)
  assert.ok(told.begun_at >= before && told.begun_at <= Date.now() / 1000)
})

test('a damaged key is replaced by the next login, and what others have put beside it stays', async ({
  realm,
}) => {
  await realm.tool('login', 'alice').ends(0)
  const theirs = join(sessionsIn(realm), 'notes.txt')
  writeFileSync(theirs, 'mine', { mode: 0o600 })
  writeFileSync(join(sessionsIn(realm), 'session-key'), 'junk', { mode: 0o600 })
  await realm.tool('login', 'alice').ends(0)
  await bare(realm, 'users', 'alice').ends(0)
  const { stderr } = await bare(realm, 'logout').ends(0)
  assert.not.match(stderr, /could not be opened/)
  assert.is(readFileSync(theirs, 'utf8'), 'mine')
})

test('one that the KDC has ended is said to be over; a forged end costs nothing', async ({ realm }) => {
  const proxy = await MeddlingProxy.start(realm.url)
  try {
    await keptBehind(proxy, realm)
    forgeEnd(proxy, '/sessions')
    await refusedAsOver(realm.run('src/users.ts', 'alice', '--kdc', proxy.url).input())
    await proxy.clean()
    await realm.run('src/users.ts', 'alice', '--kdc', proxy.url).input().ends(0)
    await realm.forget('alice', 'kdc')
    await refusedAsOver(realm.run('src/users.ts', 'alice', '--kdc', proxy.url).input())
  } finally {
    await proxy.close()
  }
})

test('one of another KDC than the one that is known now is over', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const known = join(realm.home, 'config', 'symbolon', 'known_kdcs')
  writeFileSync(known, `${realm.url} ${'A'.repeat(43)}\n`)
  await refusedAsOver(bare(realm, 'users', 'alice'), /is with a KDC of another key/)
})

test('a receiver has a session of its own, with which it outlives the kept one', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const refused = await bare(realm, 'receiver', 'alice').ends(2)
  assert.match(refused.stderr, /no terminal/)
  const receiver = await realm.receiver('alice')
  await bare(realm, 'sender', 'alice', 'alice', 'to myself').ends(0)
  await receiver.says('stdout', /alice: to myself/)
  await bare(realm, 'logout').ends(0)
  await realm.tool('sender', 'bob', 'alice', 'still there?').ends(0)
  await receiver.says('stdout', /bob: still there/)
  await realm.tool('login', 'alice').ends(0)
  assert.is(await receiver.stop(), 0)
  // The end of the receiver is not that of the kept session.
  await bare(realm, 'users', 'alice').ends(0)
})

/** Alice's password, written down as people may. */
function writeDown(realm: Realm, password: string): void {
  const text = JSON.stringify({ [realm.url]: { alice: password } })
  writeFileSync(join(realm.home, 'config', 'symbolon', 'credentials'), text, { mode: 0o600 })
}

test('sessions are ended by a fresh login only, which is kept then', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  const { stderr } = await bare(realm, 'sessions', 'alice', '--end-others').ends(2)
  assert.match(stderr, /no terminal/)
  writeDown(realm, PASSWORD)
  const [old] = await tokenTexts(realm)
  await bare(realm, 'sessions', 'alice', '--end-others').ends(0)
  const [now, ...others] = await tokenTexts(realm)
  assert.equal(others, [])
  assert.is.not(now, old)
})

test('a password is changed by a fresh login only, which is kept with the new export key', async () => {
  const realm = await Realm.start('alice')
  await realm.tool('login', 'alice').ends(0)
  writeDown(realm, PASSWORD)
  const NEW = 'another good password'
  await realm
    .runWith({ SYMBOLON_NEW_PASSWORD: NEW }, 'src/passwd.ts', 'alice', '--kdc', realm.url)
    .input()
    .ends(0)
  writeDown(realm, 'nothing')
  // What is stored here opens.
  await bare(realm, 'group', 'alice', 'list').ends(0)
  assert.is((await realm.tokens('kdc')).length, 1)
  await realm.close()
})

test('a session that cannot be kept is not left behind', async ({ realm }) => {
  mkdirSync(join(realm.home, 'state', 'symbolon'), { recursive: true })
  writeFileSync(sessionsIn(realm), '')
  await realm.tool('login', 'alice').ends(1)
  assert.equal(await realm.tokens('kdc'), [])
})

tmux('one that has ended is replaced by the login that a person is asked for', async ({ realm }) => {
  await realm.tool('login', 'alice').ends(0)
  await realm.forget('alice', 'kdc')
  const line = `${nodeCommand(`src/users.ts alice --kdc ${realm.url}`)}; echo "status $?"; exec cat`
  const terminal = new Terminal('kept-session', line, realm.env, ROOT)
  try {
    await terminal.shows(/has ended[\s\S]*password for alice:/)
    terminal.type(PASSWORD)
    terminal.press('Enter')
    await terminal.shows(/status 0/)
  } finally {
    terminal.close()
  }
  await bare(realm, 'users', 'alice').ends(0)
})

test.run()
