/** Whose word is taken for where a request comes from, and what follows for requests in plain JSON. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve } from '../../../src/kdc/http/server.ts'
import { canonicalIp, networkOf, ProxyList, parseNetwork } from '../../../src/kdc/network/ip.ts'
import { PASSWORD, temporaryDirectory, testKdc } from '../../helpers/kdc.ts'
import { post as postTo, runKdc, startKdc } from '../../helpers/kdc-process.ts'

const proxies = suite('proxies')

const listOf = (...texts: string[]) => new ProxyList(texts)

const IN_AND_OUT: [string, string[], string[]][] = [
  ['10.0.0.7', ['10.0.0.7', '::ffff:10.0.0.7', '::ffff:a00:7'], ['10.0.0.8', '::10.0.0.7', '::1']],
  ['10.0.0.0/8', ['10.255.0.1', '::ffff:10.255.0.1'], ['11.0.0.1', '9.255.255.255']],
  ['10.9.9.9/8', ['10.0.0.1'], ['11.0.0.1']],
  ['0.0.0.0/0', ['192.0.2.7'], ['::1']],
  ['10.0.0.7/32', ['10.0.0.7'], ['10.0.0.6']],
  ['fd00::7', ['fd00::7', 'FD00:0:0::7'], ['fd00::8']],
  ['fd00::/8', ['fd12::1'], ['fe80::1', '10.0.0.1']],
  ['fe80::/10', ['fe80::1%eth0', 'fe80::1'], ['fd00::1']],
  ['::1/128', ['::1', '0:0:0:0:0:0:0:1'], ['::2', '127.0.0.1']],
  ['::ffff:10.0.0.7', ['10.0.0.7', '::ffff:10.0.0.7'], ['10.0.0.8']],
  ['::ffff:10.0.0.0/104', ['10.1.1.1', '::ffff:10.1.1.1'], ['11.0.0.1']],
]

for (const [network, inside, outside] of IN_AND_OUT) {
  proxies(`${network} holds what it should`, () => {
    const list = listOf('203.0.113.9', network)
    for (const address of inside) assert.ok(list.has(address), address)
    for (const address of outside) assert.not(list.has(address), address)
  })
}

proxies('an empty list holds nobody, and nothing holds what is no address', () => {
  for (const address of ['127.0.0.1', '::1', '10.0.0.1']) assert.not(new ProxyList().has(address))
  for (const text of ['', 'localhost', '10.0.0', '10.0.0.7:80'])
    assert.not(listOf('0.0.0.0/0', '::/0').has(text))
})

const NO_NETWORK = [
  '',
  'localhost',
  '10.0.0',
  '010.0.0.1',
  '10.0.0.1/33',
  '10.0.0.1/08',
  '10.0.0.1/-1',
  '10.0.0.1/',
  '10.0.0.1/8/8',
  '10.0.0.1/255.0.0.0',
  '10.0.0.1 ',
  'fd00::/129',
  '[fd00::1]',
  'fe80::1%eth0',
  '::ffff:10.0.0.1/95',
]

proxies('what is neither an address nor a network is none', () => {
  for (const text of NO_NETWORK) assert.is(parseNetwork(text), undefined, text)
})

proxies('an address has one form', () => {
  assert.is(canonicalIp('::ffff:a00:7'), '10.0.0.7')
  assert.is(canonicalIp('2001:DB8:0::0:1'), '2001:db8::1')
  assert.is(canonicalIp('0:0:0:0:0:0:0:1'), '::1')
  for (const text of ['unknown', '10.0.0.7:80', '[::1]', 'fe80::1%eth0', ''])
    assert.is(canonicalIp(text), undefined)
})

type Headers = Record<string, string>
type Asked = { from: string; headers?: Headers }

/** A KDC behind these proxies, that takes plain requests from anywhere; and what it takes a request's address to be. */
async function behind(...networks: string[]) {
  const kdc = await testKdc({ proxies: listOf(...networks), allowPlaintext: true })
  const token = await kdc.login('alice')
  return async ({ from, headers = {} }: Asked) => {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ username: 'alice', token, port: 4444 }),
    }
    const { status, json } = await kdc.request('/listen', init, from)
    return status === 200 ? json.ip_addr : `${status} ${json.code}`
  }
}

proxies('nobody is believed who is not trusted', async () => {
  const headers = { 'X-Forwarded-For': '198.51.100.1' }
  for (const networks of [[], ['10.0.0.0/8']]) {
    const addressOf = await behind(...networks)
    for (const from of ['192.0.2.7', '127.0.0.1', '2001:db8::1']) {
      assert.is(await addressOf({ from, headers }), from)
    }
    // Nor does it matter what is in there.
    assert.is(await addressOf({ from: '192.0.2.7', headers: { 'X-Forwarded-For': 'x' } }), '192.0.2.7')
  }
})

const CHAINS: [string, string, string][] = [
  ['whom the proxy saw', '198.51.100.1', '198.51.100.1'],
  ['not what he says himself', '203.0.113.1, 198.51.100.1', '198.51.100.1'],
  ['nor that he is a proxy', '10.0.0.1, 198.51.100.1', '198.51.100.1'],
  ['nor anything else he says', 'unknown, , <>, 198.51.100.1', '198.51.100.1'],
  ['whom the first of several proxies saw', '198.51.100.1, 10.0.0.3, fd00::2', '198.51.100.1'],
  ['not what he says before several', '203.0.113.1,198.51.100.1,10.0.0.3', '198.51.100.1'],
  ['the farthest, when all are proxies', '10.0.0.4, 10.0.0.3', '10.0.0.4'],
  ['spaces and tabs aside', '203.0.113.1 \t,\t 198.51.100.1 ', '198.51.100.1'],
  ['an IPv6 one', '2001:DB8::0:1', '2001:db8::1'],
  ['an IPv4 one in IPv6', '::ffff:198.51.100.1', '198.51.100.1'],
  ['the same in another spelling', '::ffff:c633:6401', '198.51.100.1'],
  ['past a proxy in another spelling', '198.51.100.1, ::ffff:a00:3, FD00:0::2', '198.51.100.1'],
]

for (const [what, header, expected] of CHAINS) {
  proxies(`the address of a request is ${what}`, async () => {
    const addressOf = await behind('10.0.0.0/8', 'fd00::2')
    for (const from of ['10.0.0.2', '::ffff:10.0.0.2', 'fd00::2']) {
      assert.is(await addressOf({ from, headers: { 'X-Forwarded-For': header } }), expected)
    }
  })
}

proxies('a proxy that does not say for whom it asks, asks for itself', async () => {
  const addressOf = await behind('10.0.0.0/8')
  assert.is(await addressOf({ from: '10.0.0.2' }), '10.0.0.2')
  // Only the one header counts: of two that disagree, a client could have made the other.
  assert.is(await addressOf({ from: '10.0.0.2', headers: { Forwarded: 'for=198.51.100.1' } }), '10.0.0.2')
})

proxies('a trusted proxy that names what is no address is not understood', async () => {
  const addressOf = await behind('10.0.0.0/8')
  const garbage = [
    '',
    'unknown',
    'localhost',
    '198.51.100.1:4444',
    '[2001:db8::1]',
    '"198.51.100.1"',
    'for=198.51.100.1',
    '198.51.100.1,',
    'fe80::1%eth0',
    '198.51.100.1, x, 10.0.0.3',
    '198.51.100.256',
    `198.51.100.1, ${'1'.repeat(8000)}`,
  ]
  for (const header of garbage) {
    const answer = await addressOf({ from: '10.0.0.2', headers: { 'X-Forwarded-For': header } })
    assert.is(answer, '400 malformed_http', header)
  }
})

const UNREAD: [string, Asked][] = [
  ['a client on this machine', { from: '127.0.0.1' }],
  ['the same by IPv6', { from: '::1' }],
  [
    'one on this machine, by a trusted proxy on it',
    { from: '127.0.0.9', headers: { 'X-Forwarded-For': '::1' } },
  ],
  ['one by two', { from: '127.0.0.9', headers: { 'X-Forwarded-For': '127.0.0.1, 127.0.0.9' } }],
]

const FAR = '198.51.100.1'
const OPEN: [string, Asked][] = [
  ['a client elsewhere', { from: '192.0.2.7' }],
  [
    'one elsewhere who says that he is here',
    { from: '192.0.2.7', headers: { 'X-Forwarded-For': '127.0.0.1' } },
  ],
  ['one elsewhere, by a trusted proxy here', { from: '127.0.0.9', headers: { 'X-Forwarded-For': FAR } }],
  ['the same, who says more', { from: '127.0.0.9', headers: { 'X-Forwarded-For': `127.0.0.1, ${FAR}` } }],
  ['one on a trusted proxy’s machine', { from: '10.0.0.2', headers: { 'X-Forwarded-For': '127.0.0.1' } }],
  [
    'one on the machine of a trusted proxy, by another here',
    { from: '127.0.0.9', headers: { 'X-Forwarded-For': '127.0.0.1, 10.0.0.2' } },
  ],
  [
    'one by a proxy here that is not trusted, before one that is',
    { from: '127.0.0.9', headers: { 'X-Forwarded-For': `${FAR}, ::1` } },
  ],
  ['a trusted proxy that does not say for whom', { from: '127.0.0.9' }],
  ['the same elsewhere', { from: '10.0.0.2' }],
  ['a trusted proxy that says it otherwise', { from: '127.0.0.9', headers: { Forwarded: 'for=127.0.0.1' } }],
  ...['X-Forwarded-For', 'Forwarded', 'Via', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'via'].map(
    (name): [string, Asked] => [
      `somebody by a proxy here that is not trusted, with ${name}`,
      { from: '127.0.0.1', headers: { [name]: '127.0.0.1' } },
    ],
  ),
]

function plainLogin(headers: Headers = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ username: 'alice', password: PASSWORD }),
  }
}

for (const [who, { from, headers }] of UNREAD) {
  proxies(`a plain request is taken from ${who}`, async () => {
    const { request } = await testKdc({ proxies: listOf('127.0.0.9', '10.0.0.0/8') })
    assert.is((await request('/login', plainLogin(headers), from)).status, 200)
  })
}

for (const [who, { from, headers }] of OPEN) {
  proxies(`a plain request is refused from ${who}, unless the operator allows it`, async () => {
    const settings = { proxies: listOf('127.0.0.9', '10.0.0.0/8') }
    const { request } = await testKdc(settings)
    const { status, json } = await request('/login', plainLogin(headers), from)
    assert.equal([status, json.code], [403, 'plaintext_refused'])
    const allowing = await testKdc({ ...settings, allowPlaintext: true })
    assert.is((await allowing.request('/login', plainLogin(headers), from)).status, 200)
  })
}

proxies('who is refused because of a proxy is told what its operator can do', async () => {
  const { request } = await testKdc()
  const { json } = await request('/login', plainLogin({ Via: '1.1 squid' }), '127.0.0.1')
  assert.match(json.detail, '--trusted-proxy')
})

const viaServer = (url: string, headers: Headers) => fetch(`${url}/login`, plainLogin(headers))

proxies('all this holds for what comes in by a socket, on every header of that name', async () => {
  const { app, log } = await testKdc({ proxies: listOf('127.0.0.1'), allowPlaintext: true })
  const { url, close } = await serve(app.fetch, { host: '127.0.0.1', port: 0 })
  const addressFor = async (...values: string[]) => {
    const headers = new Headers({ 'Content-Type': 'application/json' })
    for (const value of values) headers.append('X-Forwarded-For', value)
    const response = await fetch(`${url}/login`, { ...plainLogin(), headers })
    assert.is(response.status, 200)
    return (log.events.at(-1)?.fields as { ip_addr?: string } | undefined)?.ip_addr
  }
  assert.is(await addressFor('203.0.113.1', '198.51.100.1'), '198.51.100.1')
  assert.is(await addressFor('2001:db8::1'), '2001:db8::1')
  assert.is(await addressFor(), '127.0.0.1')
  await close()
})

proxies('sealed requests, and logins by OPAQUE, come by any proxy', async () => {
  const { request } = await testKdc()
  const init = { ...plainLogin({ Via: '1.1 squid', 'X-Forwarded-For': FAR }), body: '{}' }
  assert.is((await request('/login/start', init, '127.0.0.1')).json.code, 'invalid_request')
})

proxies('--trusted-proxy names them, one or several', async () => {
  const home = temporaryDirectory()
  const args = ['--port', '0', '--data', `${home.path}/kdc`]
  const kdc = startKdc([...args, '--trusted-proxy', '10.0.0.0/8', '--trusted-proxy', '127.0.0.1'])
  const url = await kdc.url()
  const codeWith = async (headers: Headers) => {
    const { code } = (await (await viaServer(url, headers)).json()) as { code: string }
    return code
  }
  // Nobody has an account here: whoever is heard is refused for that.
  assert.is(await codeWith({ 'X-Forwarded-For': '127.0.0.7' }), 'login_refused')
  assert.is(await codeWith({ 'X-Forwarded-For': FAR }), 'plaintext_refused')
  assert.is(await codeWith({ 'X-Forwarded-For': 'x' }), 'malformed_http')
  assert.is(await kdc.stop(), 0)
  await Promise.all(
    ['localhost', '10.0.0.0/33'].map(async (text) => {
      const { exit, stdout, stderr } = await runKdc([...args, '--trusted-proxy', text])
      assert.equal([exit, stdout], [2, ''])
      assert.match(
        stderr,
        `kdc: error: --trusted-proxy: expected an IP address, or one with /BITS, got '${text}'\n`,
      )
      assert.match(stderr, /^kdc: hint: /m)
    }),
  )
  const { exit, stderr } = await runKdc([...args, '--trusted-proxy', ''])
  assert.is(exit, 2)
  assert.match(stderr, 'kdc: error: --trusted-proxy: the value is empty\n')
  home.remove()
})

proxies('without it there are none', async () => {
  const home = temporaryDirectory()
  const kdc = startKdc(['--port', '0', '--data', `${home.path}/kdc`])
  const url = await kdc.url()
  const direct = await postTo(`${url}/login`, { username: 'alice', password: PASSWORD })
  assert.is(direct.json.code, 'login_refused')
  const forwarded = await viaServer(url, { 'X-Forwarded-For': '127.0.0.1' })
  assert.is(((await forwarded.json()) as { code: string }).code, 'plaintext_refused')
  assert.is(await kdc.stop(), 0)
  home.remove()
})

proxies.run()

const network = suite('networks')

const NETWORKS: Record<string, string[]> = {
  '192.0.2.7': ['192.0.2.7'],
  '2001:db8:1:2::/64': [
    '2001:db8:1:2::',
    '2001:db8:1:2::7',
    '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff',
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2:3:4:192.0.2.7',
    '2001:db8:1:2::192.0.2.7',
    '2001:db8:1:2:3::5:6',
    '2001:db8:1:2:3:4:5::',
  ],
  '2001:db8:1:3::/64': ['2001:db8:1:3::7'],
  '2001:db8:0:0::/64': ['2001:db8::', '2001:db8::7', '2001:db8::1:2:3:4', '2001:db8:0:0:1::'],
  '2001:db8:0:1::/64': ['2001:db8::1:2:3:4:5', '2001:db8:0:1::', '2001:db8:0:1:0:0:0:1'],
  '2001:0:0:1::/64': ['2001::1:2:3:4:5'],
  '0:0:0:0::/64': ['::', '::192.0.2.7', '::2:3:4:5'],
  // One machine, however many addresses its users take.
  loopback: ['127.0.0.1', '127.1.2.3', '127.255.255.254', '::1', 'localhost'],
  '0:1:2:3::/64': ['::1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7'],
  '0:0:1:2::/64': ['::1:2:3:4:5:6'],
  'fe80:0:0:0::/64': ['fe80::1', 'fe80::1%eth0', 'FE80::1%ETH0', 'fe80::abcd:1%1', 'fe80::1%a:b:c:d:e:f'],
}

for (const [name, addresses] of Object.entries(NETWORKS)) {
  network(`${name} has its addresses, however they are written`, () => {
    for (const address of addresses) assert.is(networkOf(address), name, address)
  })
}

network('what is no IPv6 address stays as it is', () => {
  for (const text of ['', '192.0.2.7', '128.0.0.1', '2001:db8', '1:2:3:4:5:6:7:8:9', 'login']) {
    assert.is(networkOf(text), text)
  }
})

network('an IPv4 address at the end stands for two groups', () => {
  assert.is(networkOf('::1:2:3:4:5:192.0.2.7'), '0:1:2:3::/64')
  assert.is(networkOf('1::2:3:4:5:192.0.2.7'), '1:0:2:3::/64')
})

network.run()
