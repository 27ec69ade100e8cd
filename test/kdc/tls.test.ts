/** The KDC over TLS: who is let in, what is refused at the start, and what clients say of a certificate. */
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { certificateTroubles } from '../../src/kdc/commands/tls-option.ts'
import { type Fetch, serve } from '../../src/kdc/http/server.ts'
import type { ConnectionLimits } from '../../src/kdc/traffic/limits.ts'
import { PASSWORD, temporaryDirectory, testKdc } from '../helpers/kdc.ts'
import { runKdc, startKdc } from '../helpers/kdc-process.ts'
import { needs } from '../helpers/needs.ts'
import { type Program, startTool } from '../helpers/program.ts'
import { LISTENING, PASSWORD as REALM_PASSWORD, Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'

const tls = suite('tls')

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const identity = (name: string) => ({
  cert: readFileSync(fixture(`${name}.crt`), 'utf8'),
  key: readFileSync(fixture(`${name}.key`), 'utf8'),
})
const LOCALHOST = identity('localhost')
// Longer than a test may take: nobody goes for being slow.
const PATIENT = { requestTimeoutMs: 600_000 }
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'

async function start(options: { limits?: Partial<ConnectionLimits>; host?: string; fetch?: Fetch } = {}) {
  const kdc = await testKdc()
  const { host = '127.0.0.1', limits = {}, fetch = kdc.app.fetch } = options
  return { ...kdc, ...(await serve(fetch, { host, port: 0, limits, tls: LOCALHOST })) }
}

async function dial(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  // A peer that closes on what we still send is no error here.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A client with the certificate that it needs, once the handshake is done. */
async function dialTls(url: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({
    ca: LOCALHOST.cert,
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    ...options,
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

/** Asks for the KDC's health over a connection that stays. */
async function ask(socket: Socket): Promise<string> {
  socket.write(HEALTH)
  return String((await once(socket, 'data'))[0])
}

/** The end of a connection, an error or not. */
const closed = (socket: Socket | undefined) =>
  new Promise<void>((resolve) => socket?.resume().once('close', () => resolve()))

/** POSTs JSON to a KDC that has the certificate for localhost, at any address. */
async function postTls(url: string, path: string, body: object) {
  const request = httpsRequest(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    ca: LOCALHOST.cert,
    servername: 'localhost',
    agent: false,
  }).end(JSON.stringify(body))
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, json: JSON.parse(text) }
}

tls('serves the app, with https:// in its URL', async () => {
  const { url, close } = await start()
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const { status, json } = await postTls(url, '/login', { username: 'alice', password: PASSWORD })
  assert.equal([status, json.username], [200, 'alice'])
  await close()
})

tls('speaks TLS 1.3, and nothing older', async () => {
  const { url, close } = await start()
  const socket = await dialTls(url)
  assert.is(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
  const old = connectTls({
    ca: LOCALHOST.cert,
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    maxVersion: 'TLSv1.2',
  })
  const [error] = await once(old, 'error')
  assert.is(error.code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  await close()
})

function addressBeyondLoopback(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

const host = addressBeyondLoopback() ?? ''
const withNetwork = needs(
  'an address beyond loopback',
  () => host !== '',
  'connect this machine to a network',
)

withNetwork(tls)('plain requests are taken from anywhere, which without TLS are refused', async () => {
  const { app, close, url } = await start({ host })
  const { status, json } = await postTls(url, '/login', { username: 'bob', password: PASSWORD, port: 4444 })
  assert.is(status, 200)
  // Also where it was from is seen through TLS.
  const listening = await postTls(url, '/listen', { username: 'bob', token: json.token, port: 4444 })
  assert.equal([listening.status, listening.json.ip_addr], [200, host])
  await close()

  const plain = await serve(app.fetch, { host, port: 0 })
  const refused = await fetch(`${plain.url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'bob', password: PASSWORD }),
  })
  assert.is(refused.status, 403)
  assert.is(((await refused.json()) as { code: string }).code, 'plaintext_refused')
  await plain.close()
})

tls('TLS is the way from a proxy only: what was forwarded over it is refused', async () => {
  const { app } = await testKdc()
  const env = { incoming: { socket: { remoteAddress: '192.0.2.7', encrypted: true } } }
  const overTls = async (headers: Record<string, string>) => {
    const body = JSON.stringify({ username: 'alice', password: PASSWORD })
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body }
    const response = await app.request('/login', init, env)
    return ((await response.json()) as { code?: string }).code
  }
  assert.is(await overTls({}), undefined)
  for (const name of ['X-Forwarded-For', 'Via', 'Forwarded']) {
    assert.is(await overTls({ [name]: '198.51.100.1' }), 'plaintext_refused')
  }
})

const BROKEN: Record<string, string> = {
  'plain HTTP': HEALTH,
  'a greeting of SSH': 'SSH-2.0-OpenSSH_9.9\r\n',
  'the beginning of a TLS greeting and then something else': `\x16\x03\x01\x00\x10${'x'.repeat(64)}`,
  'a TLS alert': '\x15\x03\x03\x00\x02\x02\x28',
  zeros: '\0'.repeat(1000),
  'nothing but its end': '',
}

for (const [what, bytes] of Object.entries(BROKEN)) {
  tls(`${what} is closed, without a word of HTTP, and others are served`, async () => {
    const { url, close, log } = await start()
    const socket = await dial(url)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    const gone = closed(socket)
    if (bytes === '') socket.end()
    else socket.write(bytes, 'latin1')
    await gone
    // An alert, perhaps: 5 bytes of header and 2 of what it says (RFC 8446 §6).
    assert.ok(answer.length <= 7, answer)
    const client = await dialTls(url)
    assert.match(await ask(client), /^HTTP\/1.1 200/)
    client.destroy()
    assert.equal(log.events, [])
    await close()
  })
}

tls('who hangs up in the middle of a handshake is nobody’s error', async () => {
  const { url, close, log } = await start()
  const socket = await dial(url)
  socket.write('\x16\x03\x01\x02\x00', 'latin1', () => socket.resetAndDestroy())
  await once(socket, 'close')
  const client = await dialTls(url)
  assert.match(await ask(client), /^HTTP\/1.1 200/)
  client.destroy()
  assert.equal(log.events, [])
  await close()
})

tls('garbage after the handshake is closed, and others are served', async () => {
  const { url, close, log } = await start()
  const raw = await dial(url)
  const client = await dialTls(url, { socket: raw })
  assert.match(await ask(client), /^HTTP\/1.1 200/)
  const gone = closed(client)
  raw.write('garbage, garbage, garbage')
  await gone
  const other = await dialTls(url)
  assert.match(await ask(other), /^HTTP\/1.1 200/)
  other.destroy()
  assert.equal(log.events, [])
  await close()
})

tls('broken HTTP is answered as without TLS', async () => {
  const { url, close } = await start()
  const client = await dialTls(url)
  client.write('hello?\r\n\r\n')
  let answer = ''
  for await (const chunk of client) answer += chunk
  assert.match(answer, /^HTTP\/1.1 400 /)
  assert.match(answer, '"code":"malformed_http"')
  await close()
})

tls('a handshake has as long as a request', async () => {
  const { url, close } = await start({ limits: { requestTimeoutMs: 50 } })
  // Node would wait two minutes for a handshake: a connection with ten seconds to ask would go first.
  const { app } = await testKdc()
  const slow = await serve(app.fetch, { host: '127.0.0.1', port: 0, limits: { requestTimeoutMs: 10_000 } })
  const [noHandshake, other] = [await dial(url), await dial(slow.url)]
  const first = await Promise.race([
    closed(noHandshake).then(() => 'no handshake'),
    closed(other).then(() => 'the other'),
  ])
  assert.is(first, 'no handshake')
  other.destroy()
  await slow.close()
  // And who has done it but asks nothing, as long again.
  await closed(await dialTls(url))
  await close()
})

tls('a crowd that does no handshake keeps nobody out: the oldest gives way', async () => {
  const { url, close } = await start({ limits: { maxSilent: 2, ...PATIENT } })
  const crowd = [await dial(url), await dial(url)]
  const gone = closed(crowd[0])
  const asking = await dialTls(url)
  await gone
  assert.match(await ask(asking), /^HTTP\/1.1 200/)
  asking.destroy()
  crowd[1]?.destroy()
  await close()
})

tls('nor does one that does its handshake and then asks nothing', async () => {
  const { url, close } = await start({ limits: { maxSilent: 2, ...PATIENT } })
  const crowd = [await dialTls(url), await dialTls(url)]
  const gone = closed(crowd[0])
  const asking = await dialTls(url)
  await gone
  assert.match(await ask(asking), /^HTTP\/1.1 200/)
  asking.destroy()
  crowd[1]?.destroy()
  await close()
})

tls('who has asked is silent again from then on: those who were before give way first', async () => {
  const { url, close } = await start({ limits: { maxSilent: 2, ...PATIENT } })
  const asking = await dialTls(url)
  const first = await dial(url)
  assert.match(await ask(asking), /^HTTP\/1.1 200/)
  const gone = closed(first)
  const second = await dial(url)
  // Had the request not been told to be of the connection that is encrypted, that would be the oldest, and gone.
  await gone
  assert.match(await ask(asking), /^HTTP\/1.1 200/)
  asking.destroy()
  second.destroy()
  await close()
})

tls('at its end closes whoever asks nothing, before and after the handshake', async () => {
  // Longer than the test may take: a connection that is left open fails it.
  const { url, close } = await start({ limits: { drainTimeoutMs: 600_000, ...PATIENT } })
  const asked = await dialTls(url)
  assert.match(await ask(asked), /^HTTP\/1.1 200/)
  const sockets = [await dial(url), await dialTls(url), asked]
  const ends = sockets.map(closed)
  await close()
  await Promise.all(ends)
  const late = connect(Number(new URL(url).port), '127.0.0.1')
  assert.is((await once(late, 'error'))[0].code, 'ECONNREFUSED')
})

tls('a key of another certificate is refused', async () => {
  const { app } = await testKdc()
  const mixed = { cert: LOCALHOST.cert, key: identity('elsewhere').key }
  await rejects(
    serve(app.fetch, { host: '127.0.0.1', port: 0, tls: mixed }),
    'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  )
})

/** A copy of a key that nobody else can read: a checkout may be readable by all. */
function privateCopy(folder: string, name: string): string {
  const path = join(folder, name)
  writeFileSync(path, readFileSync(fixture(name)), { mode: 0o600 })
  return path
}

tls('files that cannot be used are refused at the start, in words', async () => {
  const home = temporaryDirectory()
  const cert = fixture('localhost.crt')
  const key = privateCopy(home.path, 'localhost.key')
  const missing = join(home.path, 'missing')
  const text = join(home.path, 'text')
  writeFileSync(text, 'hello\n', { mode: 0o600 })
  const broken = join(home.path, 'broken')
  writeFileSync(broken, `${readFileSync(cert)}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)
  const shared = join(home.path, 'shared.key')
  writeFileSync(shared, readFileSync(key))
  chmodSync(shared, 0o644)
  const cases: [string[], number, string][] = [
    [['--tls-cert', cert], 2, '--tls-cert: --tls-key is missing\nkdc: hint: '],
    [['--tls-key', key], 2, '--tls-key: --tls-cert is missing\nkdc: hint: '],
    [
      ['--tls-cert', missing, '--tls-key', key],
      1,
      `cannot read the TLS certificate ${missing}: there is no such file`,
    ],
    [
      ['--tls-cert', cert, '--tls-key', missing],
      1,
      `cannot read the TLS key ${missing}: there is no such file or directory\n`,
    ],
    [
      ['--tls-cert', home.path, '--tls-key', key],
      1,
      `cannot read the TLS certificate ${home.path}: it is a directory\n`,
    ],
    [['--tls-cert', broken, '--tls-key', key], 1, `TLS cannot use the certificate ${broken}: `],
    [['--tls-cert', text, '--tls-key', key], 1, `${text} is not a certificate in PEM\nkdc: hint: `],
    [['--tls-cert', key, '--tls-key', key], 1, `${key} is not a certificate in PEM\n`],
    [
      ['--tls-cert', cert, '--tls-key', text],
      1,
      `${text} is not an unencrypted private key in PEM\nkdc: hint: `,
    ],
    [
      ['--tls-cert', cert, '--tls-key', privateCopy(home.path, 'elsewhere.key')],
      1,
      `elsewhere.key does not belong to the certificate ${cert}\nkdc: hint: `,
    ],
  ]
  // Windows has no such bits.
  if (process.platform !== 'win32') {
    cases.push([
      ['--tls-cert', cert, '--tls-key', shared],
      1,
      `${shared} can be read by other users (mode 0644) (file_not_private)\nkdc: hint: `,
    ])
  }
  await Promise.all(
    cases.map(async ([args, exit, words]) => {
      const kdc = await runKdc(['--port', '0', '--data', join(home.path, 'kdc'), ...args])
      assert.equal([kdc.exit, kdc.stdout], [exit, ''], `${args.join(' ')}\n${kdc.stderr}`)
      assert.ok(
        kdc.stderr.startsWith('kdc: error: ') && kdc.stderr.includes(words),
        `${words}\n${kdc.stderr}`,
      )
      assert.not.match(kdc.stderr, /^\s+at |listening|PRIVATE KEY-----\n\w/m)
    }),
  )
  home.remove()
})

tls('a certificate that clients will refuse is told of, and served all the same', async () => {
  const home = temporaryDirectory()
  const serve = async (name: string, ...args: string[]) => {
    const files = ['--tls-cert', fixture(`${name}.crt`), '--tls-key', privateCopy(home.path, `${name}.key`)]
    const kdc = startKdc(['--port', '0', '--data', join(home.path, name), ...files, ...args])
    await kdc.says('stderr', /its key is/)
    assert.is(await kdc.stop(), 0)
    return kdc.stderr
  }
  const [expired, elsewhere, localhost, everywhere] = await Promise.all([
    serve('expired'),
    serve('elsewhere'),
    serve('localhost'),
    serve('elsewhere', '--host', '0.0.0.0', '--data', join(home.path, 'everywhere')),
  ])
  assert.match(expired, /^kdc: warning: the TLS certificate has expired, at 2020-01-02T00:00:00Z: clients/m)
  assert.match(
    elsewhere,
    /^kdc: warning: .* is not for 127\.0\.0\.1, but for DNS:elsewhere\.example: clients/m,
  )
  for (const well of [localhost, everywhere]) assert.not.match(well, 'warning')
  const { cert } = identity('localhost')
  assert.equal(certificateTroubles(cert, 'localhost', Date.parse('2020-01-01T00:00:01Z') / 1000), [])
  const early = certificateTroubles(cert, 'localhost', Date.parse('2019-12-31T23:59:59Z') / 1000)
  assert.match(early.join(), 'is not valid before 2020-01-01T00:00:00Z')
  home.remove()
})

/** Everything in one place: a KDC over TLS, and tools that trust its certificate. */
async function realmOverTls(...args: string[]): Promise<Realm> {
  const realm = new Realm()
  writeFileSync(realm.passwordFile, `${REALM_PASSWORD}\n`, { mode: 0o600 })
  await realm.addAccounts(['alice', 'bob'], 'kdc')
  const key = privateCopy(realm.home, 'localhost.key')
  const data = ['--port', '0', '--data', join(realm.home, 'kdc')]
  const kdc = realm.run(
    'src/kdc/main.ts',
    ...data,
    '--tls-cert',
    fixture('localhost.crt'),
    '--tls-key',
    key,
    ...args,
  )
  realm.url = await kdc.says('stderr', /listening on (https:\S+)/)
  realm.trust(realm.url, await kdc.says('stderr', /its key is (\S+)/))
  // All of ours, so that each is judged by what else is wrong with it.
  const trusted = join(realm.home, 'trusted.crt')
  writeFileSync(
    trusted,
    ['localhost', 'elsewhere', 'expired']
      .map((name) => readFileSync(fixture(`${name}.crt`), 'utf8'))
      .join(''),
  )
  realm.env.NODE_EXTRA_CA_CERTS = trusted
  return realm
}

tls('the tools reach a KDC over TLS whose certificate they trust, and say why not another', async () => {
  const realm = await realmOverTls()
  try {
    const bob = await realm.receiver('bob')
    const alice = await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(0)
    assert.is(alice.stderr, 'sender: delivered to bob\n')
    assert.is(bob.stdout, 'alice: hi\n')

    const [elsewhere, expired, plain] = await Promise.all([
      startWith(identity('elsewhere')),
      startWith(identity('expired')),
      startWith(),
    ])
    const send = (url: string, env = realm.env): Promise<Program> => {
      const args = ['--kdc', url, '--password-file', realm.passwordFile, 'alice', 'bob', 'hi']
      return startTool('src/sender.ts', args, env).input().ends(3)
    }
    const distrusting = { ...realm.env, NODE_EXTRA_CA_CERTS: undefined }
    const cases: [Promise<Program>, RegExp][] = [
      [
        send(realm.url, distrusting),
        /nobody whom this machine trusts has signed its certificate.*NODE_EXTRA_CA_CERTS/,
      ],
      [send(elsewhere.url), /its certificate is for another host name/],
      [send(expired.url), /its certificate has expired.*\nsender: hint: .* its certificate\n/],
      [send(plain.url.replace('http:', 'https:')), /does not speak TLS/],
      [
        send(realm.url.replace('https:', 'http:')),
        /hung up without an answer.*\nsender: hint: if it serves over TLS.* with https:\/\//,
      ],
    ]
    for (const [tool, words] of cases) {
      const { stderr, stdout } = await tool
      assert.match(
        stderr,
        /^sender: error: cannot reach the KDC at https?:\/\/127\.0\.0\.1:\d+: .* \(kdc_unreachable\)\n/,
      )
      assert.match(stderr, words)
      assert.is(stdout, '')
    }
    await Promise.all([elsewhere.close(), expired.close(), plain.close()])
  } finally {
    await realm.close()
  }
})

async function startWith(tlsIdentity?: ReturnType<typeof identity>) {
  const { app } = await testKdc()
  return serve(app.fetch, { host: '127.0.0.1', port: 0, tls: tlsIdentity })
}

tls('--demo tells how to reach it over TLS, also when it listens everywhere', async () => {
  const realm = new Realm()
  try {
    const key = privateCopy(realm.home, 'localhost.key')
    const files = ['--tls-cert', fixture('localhost.crt'), '--tls-key', key]
    const kdc = realm.run('src/kdc/main.ts', '--demo', '--host', '0.0.0.0', '--port', '0', ...files)
    const port = await kdc.says('stderr', /listening on https:\/\/0\.0\.0\.0:(\d+)$/m)
    await kdc.says(
      'stderr',
      new RegExp(`sender.ts alice bob "hi" --kdc https://127\\.0\\.0\\.1:${port}$`, 'm'),
    )
    realm.env.NODE_EXTRA_CA_CERTS = fixture('localhost.crt')
    const bob = realm.run('src/receiver.ts', 'bob', '--kdc', `https://127.0.0.1:${port}`).input()
    await bob.says('stderr', LISTENING)
    assert.is(await kdc.stop(), 0)
  } finally {
    await realm.close()
  }
})

tls.run()
