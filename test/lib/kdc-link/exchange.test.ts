import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { utf8 } from '../../../src/lib/bytes.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import { AnsweredBefore, exchangeEvents, exchangeSealed } from '../../../src/lib/kdc-link/exchange.ts'
import type { HttpLink } from '../../../src/lib/kdc-link/http.ts'
import { isRefusal } from '../../../src/lib/mls/refusals.ts'
import { openRequest, parseSealedRequest, SEALED_TYPE, sealReply } from '../../../src/lib/sealed.ts'

const test = suite('exchange')

const token = new Secret('session token', new Uint8Array(32).fill(7))
const SESSION = { token, clock: () => 1, onTime: () => {} }

test('a request has an id of its own, unless it brings one to be sent again with', async () => {
  const ids: string[] = []
  const link = {
    post: async (_path: string, _type: string, bytes: Uint8Array) => {
      const request = parseSealedRequest(bytes)
      ids.push((openRequest(request, token, 'POST /x') as { id: string }).id)
      const body = sealReply(token, 'POST /x', request.salt, { status: 200, time: 1, body: {} })
      return { status: 200, type: SEALED_TYPE, body }
    },
    close: async () => {},
  }
  for (const body of [{}, {}, { id: 'ours' }, { id: 'ours' }]) await exchangeSealed(link, '/x', body, SESSION)
  const [first = '', second, third, fourth] = ids
  assert.is(first.length, 22)
  assert.is.not(first, second)
  assert.equal([third, fourth], ['ours', 'ours'])
})

/** A link whose streams say this. */
const streaming = (type: string, pieces: () => AsyncIterable<Uint8Array>): HttpLink => ({
  post: async () => {
    throw new Error('nobody posts')
  },
  stream: async () => ({ status: 200, type, body: pieces() }),
  close: async () => {},
})

const event = (id: number) => utf8(`event: mail\nid: ${id}\ndata: {}\n\n`)

/** Reads a stream. @returns how many events there were, and what it ended with. */
async function readEvents(link: HttpLink, now?: () => number) {
  let events = 0
  try {
    for await (const _ of await exchangeEvents(link, '/x', {}, SESSION, new AbortController().signal, now))
      events++
  } catch (error) {
    return { events, error }
  }
  return { events, error: undefined }
}

test('a stream of events may say so much at once, and so much in a time', async () => {
  let now = 0
  const flood = async function* () {
    for (let id = 0; ; id++) yield event(id)
  }
  const { events, error } = await readEvents(streaming('text/event-stream', flood), () => now)
  assert.instance(error, TransportError)
  assert.ok(events > 1000 && events < 10_000, `${events}`)
  // One that takes its time goes on.
  const steady = async function* () {
    for (let id = 0; id < 20_000; id++) {
      now += 1000
      yield event(id)
    }
  }
  assert.equal(await readEvents(streaming('text/event-stream', steady), () => now), {
    events: 20_000,
    error: undefined,
  })
})

test('what anybody could send in place of a stream is no more than a line that was cut', async () => {
  const endless = async function* () {
    for (;;) yield new Uint8Array(1024)
  }
  const one = (text: string) =>
    async function* () {
      yield utf8(text)
    }
  const instead: [string, () => AsyncIterable<Uint8Array>][] = [
    ['text/event-stream', one(`id: ${'1'.repeat(5000)}`)],
    ['application/problem+json', one('{"code":"state_damaged"}')],
    ['application/problem+json', one('{"code":"token_unknown"}')],
    ['application/problem+json', endless],
    [SEALED_TYPE, one('no seal')],
    [SEALED_TYPE, endless],
  ]
  for (const [type, pieces] of instead) {
    const { error } = await readEvents(streaming(type, pieces))
    assert.instance(error, TransportError)
  }
})

test('no answer that is not sealed for this request, or does not open, is a refusal', async () => {
  const seal = (path: string, salt: Uint8Array, body: object) =>
    sealReply(token, `POST ${path}`, salt, { status: 409, time: 1, body })
  const refusal = { code: 'epoch_passed', detail: '' }
  const good = (salt: Uint8Array) => seal('/groups/send', salt, refusal)
  const other = new Secret('session token', new Uint8Array(32).fill(8))
  const answers: [string, string, (salt: Uint8Array) => Uint8Array][] = [
    ['of another route', SEALED_TYPE, (salt) => seal('/groups/commit', salt, refusal)],
    ['to another request', SEALED_TYPE, () => good(new Uint8Array(32))],
    [
      'of another session',
      SEALED_TYPE,
      (salt) => sealReply(other, 'POST /groups/send', salt, { status: 409, time: 1, body: refusal }),
    ],
    ['cut', SEALED_TYPE, (salt) => good(salt).subarray(0, 60)],
    ['nothing', SEALED_TYPE, () => new Uint8Array(0)],
    ['of another version', SEALED_TYPE, (salt) => good(salt).map((byte, at) => (at === 0 ? 2 : byte))],
    ['said to be JSON', 'application/json', good],
    ['in clear', 'application/problem+json', () => utf8(JSON.stringify({ status: 409, ...refusal }))],
    ['success in clear', 'application/json', () => utf8('{"position":1,"seq":1}')],
    ['no JSON', 'text/html', () => utf8('<h1>It works!</h1>')],
  ]
  for (const [what, type, answer] of answers)
    for (const status of [200, 400, 401, 409, 500]) {
      const link = {
        post: async (_path: string, _type: string, bytes: Uint8Array) => ({
          status,
          type,
          body: answer(parseSealedRequest(bytes).salt),
        }),
        close: async () => {},
      }
      const error = await exchangeSealed(link, '/groups/send', {}, SESSION).catch((error) => error)
      assert.instance(error, TransportError, `${what}, ${status}`)
      assert.is(isRefusal(error), false, `${what}, ${status}`)
    }
  const link = {
    post: async (_path: string, _type: string, bytes: Uint8Array) => ({
      status: 200,
      type: SEALED_TYPE,
      body: good(parseSealedRequest(bytes).salt),
    }),
    close: async () => {},
  }
  const refused = await exchangeSealed(link, '/groups/send', {}, SESSION).catch((error) => error)
  assert.ok(isRefusal(refused) && refused.code === 'epoch_passed')
})

test('what was answered before, to a copy that came sooner, is no refusal', async () => {
  const seal = (salt: Uint8Array) => {
    const body = { code: 'request_refused', detail: '' }
    return sealReply(token, 'POST /mailbox', salt, { status: 400, time: 1, body })
  }
  const link = {
    post: async (_path: string, _type: string, bytes: Uint8Array) => ({
      status: 400,
      type: SEALED_TYPE,
      body: seal(parseSealedRequest(bytes).salt),
    }),
    close: async () => {},
  }
  const error = await exchangeSealed(link, '/mailbox', {}, SESSION).catch((error) => error)
  assert.instance(error, AnsweredBefore)
  assert.is(isRefusal(error), false)
})

test.run()
