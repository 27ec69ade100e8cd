/** Accounts from the client's side: signing up, another password, sessions, keytabs. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { login, type Session } from '../../src/lib/session.ts'
import { ClientState } from '../../src/state/client-state.ts'
import { stateDirectory } from '../../src/state/paths.ts'
import { LISTENING, PASSWORD, Realm } from '../helpers/realm.ts'
import { newExportKey } from '../helpers/state.ts'
import { rejects } from '../helpers/throws.ts'

const accounts = suite<{ realm: Realm }>('accounts, from the client')

accounts.before(async (context) => {
  context.realm = await Realm.start('alice', 'bob')
})
accounts.after(({ realm }) => realm.close())

const NEW = 'another good password'

accounts('without an invitation no person signs up, and is told how to get one', async ({ realm }) => {
  const refused = realm.tool('register', 'carol').input()
  await refused.ends(1)
  assert.match(refused.stderr, /invitation_required/)
  assert.match(refused.stderr, /hint: .*invite NAME/)
})

accounts('with an invitation one signs up, once', async ({ realm }) => {
  const file = join(realm.home, 'invitation')
  writeFileSync(file, `${await realm.invite('carol', 'kdc')}\n`, { mode: 0o600 })
  const carol = realm.tool('register', 'carol', '--invitation-file', file)
  await carol.ends(0)
  assert.match(carol.stderr, /carol has an account/)
  await realm.tool('sessions', 'carol').ends(0)
  const again = realm.tool('register', 'carol2', '--invitation-file', file)
  await again.ends(1)
  assert.match(again.stderr, /invitation_refused/)
})

accounts(
  'an invitation file that others can read, or with something else in it, is refused',
  async ({ realm }) => {
    const file = join(realm.home, 'shared-invitation')
    writeFileSync(file, 'AAAAAAAAAAAAAAAAAAAAAA\n', { mode: 0o644 })
    if (process.platform !== 'win32') {
      const shared = realm.tool('register', 'dora', '--invitation-file', file)
      await shared.ends(1)
      assert.match(shared.stderr, /file_not_private/)
    }
    const wrong = realm.runWith(
      { SYMBOLON_INVITATION: 'please' },
      'src/register.ts',
      'dora',
      ...['--kdc', realm.url, '--password-file', realm.passwordFile],
    )
    await wrong.ends(2)
    assert.match(wrong.stderr, /not an invitation/)
    assert.not.match(wrong.stderr, /please/)
  },
)

accounts(
  'a password that is too short to set is refused, and the invitation is as good as before',
  async ({ realm }) => {
    const invitation = await realm.invite('erin', 'kdc')
    const env = { SYMBOLON_INVITATION: invitation, SYMBOLON_PASSWORD: '1234567' }
    const short = realm.runWith(env, 'src/register.ts', 'erin', '--kdc', realm.url)
    await short.ends(2)
    assert.match(short.stderr, /fewer than 8 characters/)
    const erin = { ...env, SYMBOLON_PASSWORD: '12345678' }
    await realm.runWith(erin, 'src/register.ts', 'erin', '--kdc', realm.url).ends(0)
  },
)

accounts('a password is changed, in the credentials file too, and other sessions end', async ({ realm }) => {
  const folder = join(realm.home, 'config', 'symbolon')
  const credentials = join(folder, 'credentials')
  writeFileSync(credentials, JSON.stringify({ [realm.url]: { bob: PASSWORD } }), { mode: 0o600 })
  const bob = realm.run('src/receiver.ts', 'bob', '--kdc', realm.url, '--refresh', '1').input()
  await bob.says('stderr', LISTENING)
  const env = { SYMBOLON_NEW_PASSWORD: NEW }
  const changed = realm.runWith(env, 'src/passwd.ts', 'bob', '--kdc', realm.url)
  await changed.ends(0)
  assert.match(changed.stderr, /bob has a new password/)
  assert.is(JSON.parse(readFileSync(credentials, 'utf8'))[realm.url].bob, NEW)
  assert.is(statSync(credentials).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600)
  // The receiver finds its session ended, and the new password where it found the old.
  await bob.says('stderr', /logged in again/)
  await bob.stop()
  const old = realm.tool('sessions', 'bob')
  await old.ends(1)
  assert.match(old.stderr, /login_refused/)
  const back = { SYMBOLON_PASSWORD: NEW, SYMBOLON_NEW_PASSWORD: PASSWORD }
  await realm.runWith(back, 'src/passwd.ts', 'bob', '--kdc', realm.url).ends(0)
})

accounts('what is stored on this machine opens with the new password', async ({ realm }) => {
  const enter = (password: string) => login(realm.url, 'alice', password)
  const first = await enter(PASSWORD)
  const place = stateDirectory(join(realm.home, 'state', 'symbolon'), first.kdcKey, 'alice')
  const state = await ClientState.open(place, first.exportKey)
  const values = new Map([['a', new Uint8Array([1, 2, 3])]])
  await state.withState((store) => store.write(values))
  const stored = async (session: Session) => {
    const opened = await ClientState.open(place, session.exportKey)
    return opened.withState((store) => store.get('a'))
  }
  const change = async (from: string, to: string) => {
    const env = { SYMBOLON_PASSWORD: from, SYMBOLON_NEW_PASSWORD: to }
    await realm.runWith(env, 'src/passwd.ts', 'alice', '--kdc', realm.url).ends(0)
  }
  await change(PASSWORD, NEW)
  const second = await enter(NEW)
  assert.equal(await stored(second), values.get('a'))
  await rejects(ClientState.open(place, newExportKey()), 'state_locked')
  await change(NEW, PASSWORD)
  // The administrator knows nothing of it.
  await realm.forget('alice', 'kdc')
  const last = await enter(PASSWORD)
  await rejects(stored(last), 'state_locked')
  await Promise.all([first, second].map((session) => session.close()))
  await last.logout()
})

accounts('with a wrong password none is changed', async ({ realm }) => {
  const env = { SYMBOLON_PASSWORD: 'not the password', SYMBOLON_NEW_PASSWORD: NEW }
  const refused = realm.runWith(env, 'src/passwd.ts', 'alice', '--kdc', realm.url)
  await refused.ends(1)
  await realm.tool('sessions', 'alice').ends(0)
})

accounts('sessions are listed, and ended by the beginning of their ID', async ({ realm }) => {
  const alone = realm.tool('sessions', 'alice')
  await alone.ends(0)
  assert.is(alone.stdout, '')
  assert.match(alone.stderr, /no other sessions/)

  // One whose session was ended logs in again when it next tells the KDC where it listens: not while this test runs.
  const rarely = ['--refresh', '1000']
  const receivers = [await realm.receiver('alice', ...rarely), await realm.receiver('alice', ...rarely)]
  const listed = realm.tool('sessions', 'alice')
  await listed.ends(0)
  const [heading, ...rows] = listed.stdout.trimEnd().split('\n')
  assert.match(heading ?? '', /^ID +BEGUN +USED +FROM +LISTENS AT$/)
  assert.is(rows.length, 2)
  for (const row of rows) assert.match(row, /^[0-9a-f]{8} .* 127\.0\.0\.1 +127\.0\.0\.1:\d+$/)

  const json = realm.tool('sessions', 'alice', '--json')
  await json.ends(0)
  const events = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(
    events.map(({ event, ip_addr }) => [event, ip_addr]),
    [
      ['session', '127.0.0.1'],
      ['session', '127.0.0.1'],
    ],
  )

  await realm.tool('sessions', 'alice', '--end', 'ffffffffffffffff').ends(1)
  const both = realm.tool('sessions', 'alice', '--end', '')
  await both.ends(2)
  const id = rows[0]?.slice(0, 8) ?? ''
  const ended = realm.tool('sessions', 'alice', '--end', id)
  await ended.ends(0)
  assert.match(ended.stderr, new RegExp(`ended ${id}`))
  const left = realm.tool('sessions', 'alice')
  await left.ends(0)
  assert.is(left.stdout.trimEnd().split('\n').length, 2)
  assert.not.match(left.stdout, id)

  const others = realm.tool('sessions', 'alice', '--end-others')
  await others.ends(0)
  assert.match(others.stderr, /ended 1 session$/m)
  await Promise.all(receivers.map((receiver) => receiver.stop()))
})

accounts('a service logs in with its keytab, which only its owner can read', async ({ realm }) => {
  const file = join(realm.home, 'printer.keytab')
  const kdc = ['--data', join(realm.home, 'kdc'), '--kdc', realm.url]
  await realm.run('src/kdc/main.ts', 'keytab', 'printer', file, ...kdc).ends(0)
  assert.is(statSync(file).mode & 0o777, process.platform === 'win32' ? 0o666 : 0o600)
  // On a machine that knows nothing of the KDC.
  const elsewhere = { XDG_CONFIG_HOME: join(realm.home, 'elsewhere') }
  const printer = realm
    .runWith(elsewhere, 'src/receiver.ts', 'printer', '--keytab', file, '--refresh', '1')
    .input()
  await printer.says('stderr', LISTENING)
  await realm.tool('sender', 'alice', 'printer', 'page one').ends(0)
  assert.is(printer.stdout, 'alice: page one\n')
  assert.not.ok(existsSync(join(realm.home, 'elsewhere', 'symbolon', 'known_kdcs')), 'the keytab has the key')

  // A new keytab ends what the old one began; the service takes it up by itself.
  const first = readFileSync(file, 'utf8')
  await realm.run('src/kdc/main.ts', 'keytab', 'printer', file, ...kdc).ends(0)
  assert.is.not(readFileSync(file, 'utf8'), first)
  await printer.says('stderr', /logged in again/)
  await realm.tool('sender', 'alice', 'printer', 'page two').ends(0)
  await printer.stop()

  const another = realm.runWith(elsewhere, 'src/receiver.ts', 'bob', '--keytab', file)
  await another.ends(2)
  assert.match(another.stderr, /keytab of printer/)
})

accounts('a keytab is not written over another’s, nor over any other file', async ({ realm }) => {
  const file = join(realm.home, 'letter')
  writeFileSync(file, 'dear aunt', { mode: 0o600 })
  const kdc = ['--data', join(realm.home, 'kdc')]
  await realm.run('src/kdc/main.ts', 'keytab', 'scanner', file, ...kdc).ends(1)
  assert.is(readFileSync(file, 'utf8'), 'dear aunt')
  const nowhere = join(realm.home, 'no', 'such', 'folder', 'keytab')
  await realm.run('src/kdc/main.ts', 'keytab', 'alice', nowhere, ...kdc).ends(1)
  await realm.tool('sessions', 'alice').ends(0)
})

accounts('a keytab for another KDC’s key logs in nowhere', async ({ realm }) => {
  const file = join(realm.home, 'forged.keytab')
  await realm
    .run('src/kdc/main.ts', 'keytab', 'forger', file, '--data', join(realm.home, 'kdc'), '--kdc', realm.url)
    .ends(0)
  const keytab = JSON.parse(readFileSync(file, 'utf8'))
  const forged = { ...keytab, kdc_key: Buffer.alloc(32, 1).toString('base64url') }
  writeFileSync(file, JSON.stringify(forged), { mode: 0o600 })
  const refused = realm.run('src/sessions.ts', 'forger', '--keytab', file)
  await refused.ends(1)
  assert.match(refused.stderr, /kdc_key_changed/)
})

accounts.run()
