/** The KDC as a process: its commands, its ports, its end, and what it never writes. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sql } from '../../src/database/database.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { DATABASE_FILE, openData } from '../../src/kdc/data.ts'
import { generateMasterKeys } from '../../src/kdc/keys/master-keys.ts'
import { QUOTAS } from '../../src/kdc/store/quotas.ts'
import { PASSWORD, temporaryDirectory } from '../helpers/kdc.ts'
import { post, runKdc, startKdc } from '../helpers/kdc-process.ts'

const main = suite<{ home: ReturnType<typeof temporaryDirectory>; data: string }>('kdc')

main.before.each((context) => {
  context.home = temporaryDirectory()
  context.data = join(context.home.path, 'kdc')
})
main.after.each(({ home }) => home.remove())

const ADDED = { SYMBOLON_PASSWORD: PASSWORD }

main('serves accounts that are made, changed and deleted while it runs', async ({ data }) => {
  const kdc = startKdc(['--port', '0', '--data', data])
  const url = await kdc.url()
  const login = (password: string) => post(`${url}/login`, { username: 'alice', password })

  assert.is((await login(PASSWORD)).json.code, 'login_refused')
  const added = await runKdc(['adduser', 'Alice', '--data', data], ADDED)
  assert.equal(added, { exit: 0, stdout: '', stderr: `kdc: added alice, in ${data}\n` })
  const { status, json } = await login(PASSWORD)
  assert.is(status, 200)

  const passwordFile = join(data, 'password')
  writeFileSync(passwordFile, 'another one\n', { mode: 0o600 })
  const changed = await runKdc(['passwd', 'alice', '--password-file', passwordFile, '--data', data])
  assert.is(changed.exit, 0)
  const late = await post(`${url}/listen`, { username: 'alice', token: json.token, port: 1 })
  assert.is(late.json.code, 'token_unknown')
  assert.is((await login(PASSWORD)).json.code, 'login_refused')
  assert.is((await login('another one')).status, 200)

  assert.is((await runKdc(['deluser', 'alice', '--data', data])).exit, 0)
  assert.is((await login('another one')).json.code, 'login_refused')
  assert.is(await kdc.stop(), 0)
})

main('keeps accounts and sessions through a restart', async ({ data }) => {
  await runKdc(['adduser', 'bob', '--data', data], ADDED)
  const first = startKdc(['--port', '0', '--data', data])
  const login = await post(`${await first.url()}/login`, { username: 'bob', password: PASSWORD, port: 4444 })
  first.child.kill('SIGKILL')
  await first.exit
  const second = startKdc(['--port', '0', '--data', data])
  const { token } = login.json
  const { status, json } = await post(`${await second.url()}/userinfo`, {
    username: 'bob',
    token,
    receiver: 'bob',
  })
  assert.equal([status, json.port], [200, 4444])
  assert.is(await second.stop(), 0)
})

main('writes no password, token, secret or ticket, neither to its log nor to its files', async ({ data }) => {
  await runKdc(['adduser', 'alice', '--data', data], ADDED)
  const kdc = startKdc(['--port', '0', '--data', data])
  const url = await kdc.url()
  const secrets: string[] = [PASSWORD, 'a wrong password']
  const alice = { username: 'alice' }
  const { json: login } = await post(`${url}/login`, { ...alice, password: PASSWORD, port: 4444 })
  const { token } = login
  const { json: info } = await post(`${url}/userinfo`, { ...alice, token, receiver: 'alice' })
  secrets.push(token, info.secret, info.senderinfo)
  await post(`${url}/login`, { ...alice, password: 'a wrong password' })
  await post(`${url}/login`, { ...alice, password: ['a wrong password'] })
  await post(`${url}/userinfo`, { ...alice, token: `${token}A`, receiver: token })
  await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"password":"${PASSWORD}"`,
  })
  await post(`${url}/listen`, { ...alice, token, port: 4445 })

  // While it runs, the database is still in more files than one.
  const files = readdirSync(data).map((name) => readFileSync(join(data, name)))
  assert.ok(files.length >= 4)
  await post(`${url}/logout`, { ...alice, token })
  assert.is(await kdc.stop(), 0)
  const written = [...files, Buffer.from(kdc.stdout), Buffer.from(kdc.stderr)]
  for (const secret of secrets) {
    for (const form of [Buffer.from(secret), Buffer.from(secret, 'base64url')]) {
      for (const bytes of written) assert.is(bytes.indexOf(form), -1, secret)
    }
  }
  const events = kdc.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event)
  const expected = ['started', 'login', 'ticket_issued', 'login_refused', 'listening', 'logout', 'stopped']
  assert.equal(events, expected)
})

main('finishes a login that is under way when it is asked to stop, and answers no more', async ({ data }) => {
  await runKdc(['adduser', 'alice', '--data', data], ADDED)
  const kdc = startKdc(['--port', '0', '--data', data])
  const url = await kdc.url()
  const idle = connect(Number(new URL(url).port), '127.0.0.1')
  const idleClosed = once(idle.resume(), 'close')
  await once(idle, 'connect')
  // The request is in; the answer takes the time of an Argon2id, and the word to stop comes before it.
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  const body = JSON.stringify({ username: 'alice', password: PASSWORD })
  slow.write(
    `POST /login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  await once(slow, 'data')
  kdc.child.kill('SIGTERM')
  await kdc.says('stderr', /kdc: stopping/)
  slow.write(body)
  let answer = ''
  for await (const chunk of slow) answer += chunk
  assert.match(answer, 'HTTP/1.1 200 OK')
  assert.match(answer, /connection: close/i)
  assert.is(await kdc.exit, 0)
  await idleClosed
})

main('a second signal ends it at once', async ({ data }) => {
  const kdc = startKdc(['--port', '0', '--data', data])
  const url = await kdc.url()
  const slow = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  slow.write(
    'POST /login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n',
  )
  await once(slow, 'data')
  kdc.child.kill('SIGTERM')
  await kdc.says('stderr', /kdc: stopping/)
  kdc.child.kill('SIGTERM')
  assert.is.not(await kdc.exit, 0)
})

main('says what is wrong with an address, in words', async ({ data }) => {
  const { exit, stderr } = await runKdc(['--host', 'fe80::1', '--port', '0', '--data', data])
  assert.is(exit, 1)
  assert.match(
    stderr,
    /^kdc: error: (cannot listen on fe80::1, port 0: the|this machine has no address fe80::1)/,
  )
  assert.match(stderr, /^kdc: hint: /m)
  assert.not.match(stderr, /EINVAL|\n\s+at /)
})

main('says that its port is in use, and what to do', async ({ data }) => {
  const kdc = startKdc(['--port', '0', '--data', data])
  const port = new URL(await kdc.url()).port
  const second = await runKdc(['--port', port, '--data', data])
  assert.is(second.exit, 1)
  assert.is(second.stdout, '')
  assert.match(second.stderr, `kdc: error: port ${port} on 127.0.0.1 is in use\nkdc: hint: `)
  assert.is(await kdc.stop(), 0)
})

main('lists accounts, by name, for people and for programs', async ({ data }) => {
  for (const name of ['bob', 'alice']) await runKdc(['adduser', name, '--data', data], ADDED)
  assert.equal(await runKdc(['users', '--data', data]), { exit: 0, stdout: 'alice\nbob\n', stderr: '' })
  const { stdout } = await runKdc(['users', '--json', '--data', data])
  const [first] = stdout.split('\n').map((line) => line && JSON.parse(line))
  assert.equal(Object.keys(first), ['username', 'created_at'])
})

main('ends the sessions of one account, or all', async ({ data }) => {
  for (const name of ['alice', 'bob']) await runKdc(['adduser', name, '--data', data], ADDED)
  const kdc = startKdc(['--port', '0', '--data', data])
  const url = await kdc.url()
  const login = async (username: string) => {
    const { token } = (await post(`${url}/login`, { username, password: PASSWORD })).json
    return async () => (await post(`${url}/listen`, { username, token, port: 1 })).json.code ?? 'listens'
  }
  const sessions = [await login('alice'), await login('alice'), await login('bob')]
  const listen = () => Promise.all(sessions.map((session) => session()))
  assert.equal(await listen(), ['listens', 'listens', 'listens'])
  const one = await runKdc(['endsessions', 'Alice', '--data', data])
  assert.equal(one, { exit: 0, stdout: '', stderr: 'kdc: ended 2 sessions of alice\n' })
  assert.equal(await listen(), ['token_unknown', 'token_unknown', 'listens'])
  const unknown = await runKdc(['endsessions', 'nobody', '--data', data])
  assert.is(unknown.exit, 1)
  assert.match(unknown.stderr, /^kdc: error: there is no account nobody \(account_unknown\)\nkdc: hint: /)
  assert.is((await runKdc(['endsessions', '--all', '--data', data])).stderr, 'kdc: ended 1 session\n')
  assert.equal(await listen(), ['token_unknown', 'token_unknown', 'token_unknown'])
  assert.is((await post(`${url}/login`, { username: 'alice', password: PASSWORD })).status, 200)
  assert.is(await kdc.stop(), 0)
})

const REFUSALS: [string[], number, RegExp][] = [
  [['adduser', 'al ice'], 1, /^kdc: error: a username is .*\(invalid_name\)\n/],
  [['passwd', 'nobody'], 1, /^kdc: error: there is no account nobody \(account_unknown\)\n/],
  [['deluser', 'nobody'], 1, /^kdc: error: there is no account nobody \(account_unknown\)\n/],
  [['adduser'], 2, /^kdc: error: NAME is missing\nkdc: hint: usage: .*adduser NAME/],
  [['endsessions'], 2, /^kdc: error: expected either NAME or --all\nkdc: hint: /],
  [['endsessions', 'alice', '--all'], 2, /^kdc: error: expected either NAME or --all\n/],
  [['uninvite'], 2, /^kdc: error: expected either names or --all\nkdc: hint: /],
  [['uninvite', 'alice', '--all'], 2, /^kdc: error: expected either names or --all\n/],
  [['uninvite', 'al ice'], 1, /^kdc: error: a username is .*\(invalid_name\)\n/],
  [['backup'], 2, /^kdc: error: DIR is missing\nkdc: hint: usage: .*backup DIR/],
  [['addusr', 'alice'], 2, /^kdc: error: there is no command addusr\nkdc: hint: did you mean adduser\?\n/],
  [['--prot', '1'], 2, /^kdc: error: there is no option --prot\nkdc: hint: did you mean --port\?\n/],
  [
    ['--data', 'x', 'users'],
    2,
    /^kdc: error: users: a command comes before its options\nkdc: hint: .*kdc -- COMMAND/,
  ],
  [['--port', '70000'], 2, /^kdc: error: --port: expected a whole number/],
  [['--ticket-lifetime', '0'], 2, /^kdc: error: --ticket-lifetime: /],
  [['--log-level', 'loud'], 2, /^kdc: error: --log-level: expected info, warn, error, silent/],
  [
    ['--host', '192.0.2.1', '--port', '0'],
    1,
    /^kdc: error: this machine has no address 192\.0\.2\.1\nkdc: hint: /,
  ],
]

main('a master key beside what it seals, or for a demo, is refused', async ({ home, data }) => {
  const inside = join(data, 'master.key')
  const [apart, demo] = await Promise.all([
    runKdc(['--port', '0', '--data', data, '--master-key', inside]),
    runKdc(['--port', '0', '--demo', '--master-key', join(home.path, 'master.key')]),
  ])
  assert.equal([apart.exit, apart.stdout], [2, ''])
  assert.match(apart.stderr, /^kdc: error: the master key is not safe in the data directory/)
  assert.equal([demo.exit, demo.stdout], [2, ''])
  assert.match(demo.stderr, /^kdc: error: --master-key: a demo keeps nothing/)
  assert.equal(readdirSync(home.path), [])
})

main('a session ends and tries are refused when the command line says so', async ({ home, data }) => {
  const master = generateMasterKeys().toText().trim()
  await runKdc(['adduser', 'alice', '--data', data], ADDED)
  const strict = ['--session-idle', '100', '--login-tries', '2']
  const kdc = startKdc(['--port', '0', '--data', data, ...strict], {
    SYMBOLON_MASTER_KEY: master,
    XDG_CONFIG_HOME: join(home.path, 'config'),
  })
  const url = await kdc.url()
  assert.not.ok(existsSync(join(home.path, 'config')), 'the master key is the one of the environment')
  const login = (password: string) => post(`${url}/login`, { username: 'alice', password })
  const { token } = (await login(PASSWORD)).json
  const listen = async () => (await post(`${url}/listen`, { username: 'alice', token, port: 1 })).status
  assert.is(await listen(), 200)
  const database = openSqlite(join(data, DATABASE_FILE))
  await database.write([sql`update sessions set used_at = used_at - 50`])
  assert.is(await listen(), 200)
  await database.write([sql`update sessions set used_at = used_at - 101`])
  assert.is(await listen(), 401)
  await database.close()
  const codes = [await login('wrong'), await login('wrong'), await login('wrong')].map(
    ({ json }) => json.code,
  )
  assert.equal(codes, ['login_refused', 'login_refused', 'too_many_attempts'])
  assert.is(await kdc.stop(), 0)
})

main(
  'only what makes accounts, or serves, makes the data of a KDC where there are none',
  async ({ home, data }) => {
    const commands = [
      ['users'],
      ['deluser', 'alice'],
      ['passwd', 'alice'],
      ['invitations'],
      ['endsessions', '--all'],
    ]
    await Promise.all(
      commands.map(async (args) => {
        const { exit, stderr } = await runKdc([...args, '--data', data], ADDED)
        assert.is(exit, 1, args.join(' '))
        assert.match(stderr, /^kdc: error: there is no KDC's data in .*\nkdc: hint: --data /)
      }),
    )
    assert.equal(readdirSync(home.path), [])
  },
)

main('what it cannot do it refuses, in words and with an exit status', async ({ data }) => {
  await runKdc(['adduser', 'alice', '--data', data], ADDED)
  await Promise.all(
    REFUSALS.map(async ([args, exit, stderr]) => {
      const result = await runKdc([...args, '--data', data], ADDED)
      assert.equal([result.exit, result.stdout], [exit, ''], args.join(' '))
      assert.match(result.stderr, stderr)
      assert.not.match(result.stderr, /^\s+at /m)
    }),
  )
})

main('an account that exists is not made again', async ({ data }) => {
  await runKdc(['adduser', 'alice', '--data', data], ADDED)
  const again = await runKdc(['adduser', 'alice', '--data', data], ADDED)
  assert.is(again.exit, 1)
  assert.match(again.stderr, 'kdc: error: there is an account alice already (account_exists)')
})

main('lists what waits, by group: sizes and counts', async ({ data }) => {
  const { store } = await openData(data)
  await store.accounts.create({ username: 'alice', record: 'r', createdAt: 0 })
  const key = (n: number) => ({ username: 'alice', id: new Uint8Array(16).fill(n), forgetAt: 1 })
  const id = new Uint8Array(16).fill(255)
  const group = { id, kind: 'named', name: 'class', members: [], info: Uint8Array.of(1) } as const
  await store.groupChanges.create(key(1), group, QUOTAS, 0)
  const message = { group: id, epoch: 0, payload: new TextEncoder().encode('not to be seen') }
  await store.groupChanges.send(key(2), message, QUOTAS, 1_700_000_000)
  const file = { id, group: id, bytes: 2000, chunks: 1 }
  await store.files.begin(key(3), file, QUOTAS, { now: 1_700_000_000, keepSince: 0 })
  await store.close()
  const text = await runKdc(['stored', '--data', data])
  assert.equal(text, {
    exit: 0,
    stdout: 'class, 1 member, 1 entry, 14 bytes, since 2023-11-14T22:13:20Z, 1 file of 2000 bytes\n',
    stderr: '',
  })
  const { stdout } = await runKdc(['stored', '--json', '--data', data])
  const sizes = {
    members: 1,
    entries: 1,
    bytes: 14,
    oldest: 1_700_000_000,
    destroyed: false,
    files: 1,
    file_bytes: 2000,
  }
  assert.equal(JSON.parse(stdout), {
    group: '_____________________w',
    name: 'class',
    kind: 'named',
    ...sizes,
  })
  for (const days of ['0', '1.5', 'x', '3651']) {
    assert.is((await runKdc(['--keep-days', days, '--data', data])).exit, 2)
  }
})

main('helps, with and without a command, on one screen', async () => {
  const { stderr: refusal } = await runKdc(['nothing'])
  const commands = /the commands are (.*); /.exec(refusal)?.[1]?.split(', ') ?? []
  assert.ok(commands.includes('adduser'))
  const { stdout: all } = await runKdc(['--help'])
  for (const command of commands) assert.match(all, new RegExp(`^ {8}.*\\b${command}\\b`, 'm'))
  await Promise.all(
    ['', ...commands].map(async (command) => {
      const args = command === '' ? ['--help'] : [command, '--help']
      const { exit, stdout, stderr } = await runKdc(args)
      assert.equal([exit, stderr], [0, ''])
      assert.match(stdout, `usage: npm run`)
      assert.match(stdout, command)
      assert.match(stdout, /\nexample: .*\n$/)
      const lines = stdout.split('\n')
      assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 80), command)
      assert.match(stdout, /\[options\]/)
      assert.not.match(stdout, /\(default [^:]/)
    }),
  )
})

main.run()
