/** A whole run, listened to: no secret of it may be on the wire to the KDC, in what any program writes, or in `ps`. */
import { execFileSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sessionId } from '../../src/lib/ticket.ts'
import { PASSWORD, Realm } from '../helpers/realm.ts'
import { startRecorder } from '../helpers/recorder.ts'

const test = suite('secrecy of a whole run')

const PATHS = [
  ...['/register/start', '/register/finish', '/password/start', '/password/finish'],
  ...['/login/start', '/login/finish', '/sessions', '/listen', '/userinfo', '/logout'],
]

test('no password, token, secret, ticket or message can be read anywhere but where it belongs', async () => {
  const realm = await Realm.start('alice', 'bob')
  await realm.stopKdc()
  await realm.startKdc('kdc', '0', '--registration', 'open')
  const wire = await startRecorder(Number(new URL(realm.url).port))
  try {
    realm.url = wire.url
    realm.trust(wire.url)
    const words = 'between the two of us'
    const invitation = await realm.invite('carol', 'kdc')
    assert.is(invitation.length, 22)
    const others = {
      SYMBOLON_PASSWORD: 'carols first password',
      SYMBOLON_NEW_PASSWORD: 'carols second password',
    }
    const kdc = ['--kdc', realm.url, '--trace']
    const withInvitation = { ...others, SYMBOLON_INVITATION: invitation }
    await realm.runWith(withInvitation, 'src/register.ts', 'carol', ...kdc).ends(0)
    await realm.runWith(others, 'src/register.ts', 'dave', ...kdc).ends(0)
    await realm.runWith(others, 'src/passwd.ts', 'carol', ...kdc).ends(0)

    const bob = await realm.receiver('bob', '--trace')
    await realm.tool('sessions', 'bob', '--trace').ends(0)
    const tokens = await realm.tokens('kdc')
    assert.ok(tokens.length >= 1, 'bob’s session lives')
    await realm.tool('sender', 'alice', 'bob', '-', '--trace').input(words).ends(0)
    await realm.tool('sender', 'alice', 'bob', '-', '--trace', '--json').input(words).ends(0)

    // One that waits for its acknowledgement, because bob's output is stuck, while the process list is taken.
    bob.child.stdout.pause()
    const waiting = realm.tool('sender', 'alice', 'bob', '-', '--trace').input('x'.repeat(1_000_000))
    await waiting.says('stderr', /message {2}bytes=1000000/)
    const processes =
      process.platform === 'win32' ? '' : execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    if (processes) assert.match(processes, /src\/sender\.(ts|mjs)/, 'the list was taken while a sender ran')
    assert.not.ok(processes.includes('x'.repeat(100)), 'the message in the process list')
    bob.child.stdout.resume()
    await waiting.ends(0)
    await bob.stop()
    await realm.stopKdc()

    const recorded = wire.recorded()
    for (const path of PATHS) assert.ok(recorded.includes(`POST ${path} `), `the recording works: ${path}`)
    const sid = tokens[0] && sessionId(tokens[0])
    assert.ok(sid && recorded.includes(Buffer.from(sid)), 'and the token is of a session that was recorded')
    const fields = ['token', 'secret', 'senderinfo', 'receiver', 'port', 'sessions']
    const secrets = [
      ...[PASSWORD, ...Object.values(others), invitation, words],
      ...fields.map((field) => `"${field}"`),
      ...tokens.flatMap((token) => [token.toText(), Buffer.from(token.reveal()).toString('hex')]),
    ]
    for (const hidden of secrets) {
      assert.not.ok(recorded.includes(hidden), `${hidden} on the wire to the KDC`)
      if (processes) assert.not.ok(processes.includes(hidden), `${hidden} in the process list`)
    }
    for (const token of tokens)
      assert.not.ok(recorded.includes(Buffer.from(token.reveal())), 'a token on the wire to the KDC')
    // The KDC's key is public. Anything else of that length would be a key, a token or a ticket.
    const output = realm
      .output()
      .replace(/its key is \S+/g, '')
      // The maker of an invitation is shown it.
      .replace(/^carol,[\w-]{22},/m, '')
      .replaceAll('x'.repeat(1_000_000), '')
    assert.match(output, /secret=[\w-]{6}…/, 'a trace shows the beginning')
    // The names of what passes are words with dashes, without a digit or a capital letter.
    const long = (output.match(/[\w-]{22,}/g) ?? []).filter((text) => !/^[a-z]+(-[a-z]+)*$/.test(text))
    assert.equal(long, [], 'and no more of any key')
    for (const password of [PASSWORD, ...Object.values(others)]) assert.not.ok(output.includes(password))
    // What was said is at bob's, twice, and nowhere else.
    assert.is(output.split(words).length - 1, 2)
    assert.ok(bob.stdout.startsWith(`alice: ${words}\nalice: ${words}\n`))
  } finally {
    wire.close()
    await realm.close()
  }
})

test.run()
