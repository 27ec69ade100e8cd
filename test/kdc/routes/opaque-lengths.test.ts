/** Every message of OPAQUE has one length (RFC 9807 §5.1 and §6.1), and is refused with any other, on both sides. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, fromBase64url, toBase64url } from '../../../src/lib/bytes.ts'
import { finishLogin, finishRegistration, startLogin, startRegistration } from '../../../src/lib/opaque.ts'
import { PASSWORD, testKdc } from '../../helpers/kdc.ts'
import { rejects } from '../../helpers/throws.ts'

const lengths = suite('lengths of OPAQUE messages')

/** The same with a byte more at its end, and a byte less. */
function others(message: string): string[] {
  const bytes = fromBase64url(message)
  return [concat(bytes, new Uint8Array(1)), bytes.subarray(0, -1)].map(toBase64url)
}

/** What dora makes an account with. */
async function withDora() {
  const kdc = await testKdc({ registration: 'open' })
  const { request, state } = await startRegistration(PASSWORD)
  const username = 'dora'
  const { json } = await kdc.post('/register/start', { username, request })
  const { record } = await finishRegistration(username, PASSWORD, state, json.response)
  return { ...kdc, username, request, state, record, response: json.response as string }
}

lengths('in a registration', async () => {
  const { post, username, request, state, record, response } = await withDora()
  for (const other of others(request)) {
    const { status, json } = await post('/register/start', { username, request: other })
    assert.equal([status, json.code], [422, 'invalid_request'])
  }
  for (const other of others(response)) {
    await rejects(finishRegistration(username, PASSWORD, state, other), 'malformed')
  }
  for (const other of others(record)) {
    const { status, json } = await post('/register/finish', { username, record: other })
    assert.equal([status, json.code], [422, 'invalid_request'])
  }
  assert.is((await post('/register/finish', { username, record })).status, 200)
})

lengths('in a login', async () => {
  const { post, username, record } = await withDora()
  await post('/register/finish', { username, record })
  const { request, state } = await startLogin(PASSWORD)
  for (const other of others(request)) {
    const { status, json } = await post('/login/start', { username, request: other })
    assert.equal([status, json.code], [422, 'invalid_request'])
  }
  const { json: begun } = await post('/login/start', { username, request })
  for (const other of others(begun.response)) {
    await rejects(finishLogin(username, PASSWORD, state, other), 'login_refused')
  }
  const { finish } = await finishLogin(username, PASSWORD, state, begun.response)
  for (const other of [...others(finish), `${finish}=`]) {
    const { status, json } = await post('/login/finish', { username, state: begun.state, finish: other })
    assert.equal([status, json.code], [401, 'login_refused'])
  }
  for (const other of others(begun.state)) {
    const { status, json } = await post('/login/finish', { username, state: other, finish })
    assert.equal([status, json.code], [401, 'login_refused'])
  }
  assert.is((await post('/login/finish', { username, state: begun.state, finish })).status, 200)
})

lengths.run()
