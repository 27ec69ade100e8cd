/** What comes in: every bad request has its own code and status, and none of them is repeated back. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { StoreError } from '../../../src/database/database.ts'
import { MAX_REQUEST_BYTES } from '../../../src/kdc/http/request.ts'
import { Problem } from '../../../src/kdc/problems.ts'
import { PASSWORD, plainPasswords, testKdc } from '../../helpers/kdc.ts'

const request = suite('request')

const JSON_TYPE = { 'Content-Type': 'application/json' }
const PATHS = ['/login', '/userinfo', '/listen', '/logout']

request('a problem is problem+json with type, title, status, detail and code', async () => {
  const { post } = await testKdc()
  const { status, headers, json } = await post('/login', { username: 'alice', password: 'wrong' })
  assert.is(headers.get('Content-Type'), 'application/problem+json')
  assert.equal(json, {
    type: 'urn:symbolon:error:login_refused',
    title: 'Login refused',
    status,
    detail: 'the username or the password is wrong',
    code: 'login_refused',
  })
})

request('nothing may be stored by anybody on the way', async () => {
  const { request, post } = await testKdc()
  const answers = [
    await request('/healthz'),
    await request('/nowhere'),
    await post('/login', { username: 'alice', password: PASSWORD }),
    await post('/login', { username: 'alice', password: 'wrong' }),
  ]
  for (const { headers } of answers) assert.is(headers.get('Cache-Control'), 'no-store')
})

request('fields that the KDC does not know are ignored', async () => {
  const { post } = await testKdc()
  const { status } = await post('/login', { username: 'alice', password: PASSWORD, future: { x: [1] } })
  assert.is(status, 200)
})

const WRONG_FIELDS: [string, object, string][] = [
  ['/login', { password: PASSWORD }, 'username: expected a string'],
  ['/login', { username: 7, password: PASSWORD }, 'username: expected a string'],
  ['/login', { username: 'alice' }, 'password: expected a string of 1 to 1024 bytes'],
  ['/login', { username: 'alice', password: null }, 'password: expected a string of 1 to 1024 bytes'],
  [
    '/login',
    { username: 'alice', password: 'ü'.repeat(513) },
    'password: expected a string of 1 to 1024 bytes',
  ],
  ...[0, 65536, 1.5, -1, '4444', null, true].map((port): [string, object, string] => [
    '/login',
    { username: 'alice', password: PASSWORD, port },
    'port: expected a whole number from 1 to 65535',
  ]),
  ['/userinfo', { username: 'alice', token: 5, receiver: 'bob' }, 'token: expected a string'],
  ['/userinfo', { username: 'alice', token: 'x' }, 'receiver: expected a string'],
  ['/userinfo', { username: 'alice', token: 'x', receiver: ['bob'] }, 'receiver: expected a string'],
  ['/listen', { username: 'alice', token: 'x' }, 'port: expected a whole number from 1 to 65535'],
  ['/logout', { username: 'alice' }, 'token: expected a string'],
]

for (const [path, body, detail] of WRONG_FIELDS) {
  request(`${path} ${JSON.stringify(body).slice(0, 60)} is refused with: ${detail}`, async () => {
    const { post } = await testKdc()
    const { status, json } = await post(path, body)
    assert.equal([status, json.code, json.detail], [422, 'invalid_request', detail])
  })
}

request('what is JSON but no object is refused as such', async () => {
  const { post } = await testKdc()
  for (const path of PATHS) {
    for (const body of ['null', '"text"', '3', '[]', '[{"username":"alice"}]']) {
      const { status, json } = await post(path, body)
      assert.equal([status, json.code, json.detail], [422, 'invalid_request', 'body: expected a JSON object'])
    }
  }
})

request('what is not JSON in UTF-8 is malformed, and is not quoted', async () => {
  const { request, log } = await testKdc()
  const bodies = [
    '',
    '{',
    `{"password":"${PASSWORD}`,
    Buffer.from('{"username":"\xff"}', 'latin1'),
    '\ufeff{}',
  ]
  for (const body of bodies) {
    const { status, text, json } = await request('/login', { method: 'POST', headers: JSON_TYPE, body })
    assert.equal([status, json.code], [400, 'malformed_json'])
    assert.not.match(text, PASSWORD)
  }
  assert.equal(log.events, [])
})

request('a name that is none is refused as such, wherever it stands', async () => {
  const { post, login } = await testKdc()
  const token = await login('alice')
  for (const name of ['', 'a'.repeat(65), '../x', 'al ice', '-alice', 'ál', '\u212aate', 'a\u0000', 'a\n']) {
    const answers = [
      await post('/login', { username: name, password: PASSWORD }),
      await post('/userinfo', { username: 'alice', token, receiver: name }),
    ]
    for (const { status, json } of answers) assert.equal([status, json.code], [422, 'invalid_name'], name)
  }
})

request('only JSON is read', async () => {
  const { request } = await testKdc()
  const body = JSON.stringify({ username: 'alice', password: PASSWORD })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
    const init = { method: 'POST', headers: { 'Content-Type': type }, body }
    const { status, json } = await request('/login', init)
    assert.equal([status, json.code], [415, 'unsupported_media_type'], type)
  }
  for (const type of ['application/json; charset=utf-8', 'Application/JSON']) {
    const { status } = await request('/login', { method: 'POST', headers: { 'Content-Type': type }, body })
    assert.is(status, 200)
  }
})

request('a path that is none is not found', async () => {
  const { request, post } = await testKdc()
  for (const answer of [await request('/'), await post('/login/', {}), await post('/LOGIN', {})]) {
    assert.equal([answer.status, answer.json.code], [404, 'not_found'])
  }
})

request('a method that is not for a path is refused with those that are', async () => {
  const { request } = await testKdc()
  for (const path of PATHS) {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers, json } = await request(path, { method })
      assert.equal([status, json.code, headers.get('Allow')], [405, 'method_not_allowed', 'POST'])
    }
  }
  const { headers } = await request('/healthz', { method: 'POST' })
  assert.is(headers.get('Allow'), 'GET')
})

request('a body that says it is too large is not read', async () => {
  const { app, request } = await testKdc()
  let read = false
  const body = new ReadableStream(
    {
      pull(controller) {
        read = true
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = { ...JSON_TYPE, 'Content-Length': String(MAX_REQUEST_BYTES + 1) }
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  const { status, json } = await request('/login', init)
  assert.equal([status, json.code, read], [413, 'body_too_large', false])
  assert.ok(app)
})

request('a body without a length is counted while it is read', async () => {
  const { request } = await testKdc()
  let chunks = 0
  const endless = new ReadableStream({
    pull(controller) {
      chunks++
      controller.enqueue(new Uint8Array(1000).fill(0x20))
    },
  })
  const init = { method: 'POST', headers: JSON_TYPE, body: endless, duplex: 'half' } as RequestInit
  const { status, json } = await request('/login', init)
  assert.equal([status, json.code], [413, 'body_too_large'])
  assert.ok(chunks < 20)
})

request('a body of exactly the limit is read', async () => {
  const { post } = await testKdc()
  const body = JSON.stringify({ username: 'alice', password: PASSWORD })
  assert.is((await post('/login', body.padEnd(MAX_REQUEST_BYTES))).status, 200)
  assert.is((await post('/login', body.padEnd(MAX_REQUEST_BYTES + 1))).status, 413)
})

request('off loopback, plain requests are refused before they are read', async () => {
  let checked = false
  const check = async () => {
    checked = true
    return true
  }
  const { post } = await testKdc({ passwords: { ...plainPasswords, check } })
  for (const from of ['192.0.2.7', '10.0.0.1', '128.0.0.1', '::ffff:192.0.2.7', '2001:db8::1', '::2']) {
    for (const path of PATHS) {
      const { status, json } = await post(path, { username: 'alice', password: PASSWORD }, from)
      assert.equal([status, json.code], [403, 'plaintext_refused'], from)
      assert.match(json.detail, '--allow-plaintext')
    }
  }
  assert.is(checked, false)
})

request('on loopback they are taken, in all its forms', async () => {
  const { post } = await testKdc()
  for (const from of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    assert.is((await post('/login', { username: 'alice', password: PASSWORD }, from)).status, 200)
  }
})

request('off loopback they are taken when the operator said so', async () => {
  const { post } = await testKdc({ allowPlaintext: true })
  assert.is((await post('/login', { username: 'alice', password: PASSWORD }, '192.0.2.7')).status, 200)
})

request('health is for everybody, and says when the end is near', async () => {
  let draining = false
  const { request, post } = await testKdc({ isDraining: () => draining })
  const well = await request('/healthz', {}, '192.0.2.7')
  assert.equal([well.status, well.json, well.headers.get('Connection')], [200, { status: 'ok' }, null])
  draining = true
  const ending = await request('/healthz')
  assert.equal([ending.status, ending.json], [503, { status: 'draining' }])
  const login = await post('/login', { username: 'alice', password: PASSWORD })
  assert.equal([login.status, login.headers.get('Connection')], [200, 'close'])
})

request('too many logins at once are asked to come again', async () => {
  const check = () => Promise.reject(new Problem('kdc_busy', 'too many logins at once: try again'))
  const { post } = await testKdc({ passwords: { ...plainPasswords, check } })
  const { status, headers, json } = await post('/login', { username: 'alice', password: PASSWORD })
  assert.equal([status, json.code, headers.get('Retry-After')], [503, 'kdc_busy', '1'])
})

request('a store that cannot be used is 503, and only the log knows more', async () => {
  const { post, store, log } = await testKdc()
  store.accounts.find = () => Promise.reject(new StoreError('store_unavailable', 'disk full on /secret/path'))
  const { status, text, json } = await post('/login', { username: 'alice', password: PASSWORD })
  assert.equal([status, json.code], [503, 'store_unavailable'])
  assert.not.match(text, 'disk full')
  assert.is(log.events.at(-1)?.event, 'store_unavailable')
})

request('a mistake of ours is 500, and only the log knows more', async () => {
  const { post, store, log } = await testKdc()
  const mistake = new TypeError('x is undefined')
  store.accounts.find = () => Promise.reject(mistake)
  const { status, text, json } = await post('/login', { username: 'alice', password: PASSWORD })
  assert.equal([status, json.code], [500, 'internal'])
  assert.not.match(text, 'undefined')
  assert.equal(log.events, [{ event: 'internal_error', fields: { err: mistake, path: '/login' } }])
})

request('is refused when a web page sends it, whatever host name led here', async () => {
  const { request } = await testKdc()
  const { status, json } = await request('/login', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Origin: 'http://evil.example:8800',
      Host: 'evil.example:8800',
    },
    body: JSON.stringify({ username: 'alice', password: PASSWORD }),
  })
  assert.equal([status, json.code], [403, 'web_page_refused'])
})

request.run()
