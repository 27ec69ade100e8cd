/** A KDC for tests of its clients: no process, no network, real OPAQUE and seals, and answers as the test likes. */
import { randomBytes } from 'node:crypto'
import * as opaque from '@serenity-kit/opaque'
import * as assert from 'uvu/assert'
import { toBase64url, utf8 } from '../../src/lib/bytes.ts'
import type { Secret } from '../../src/lib/crypto/secret.ts'
import type { HttpLink, HttpReply } from '../../src/lib/kdc-link/http.ts'
import { identifiers, KEY_STRETCHING, tokenOf } from '../../src/lib/opaque.ts'
import {
  openRequest,
  parseSealedRequest,
  SEALED_TYPE,
  type SealedRoute,
  sealReply,
} from '../../src/lib/sealed.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { NOW, newSecret } from './tickets.ts'

/** The URL of every KDC of these tests: nobody dials it. */
export const KDC = 'http://127.0.0.1:8800'

/** What the script answers to one request. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  /** Sent without the seal, as somebody on the way, or a KDC that knows no such session, would. */
  readonly unsealed?: boolean
}

type Script = Record<string, Answer | (() => Answer)>
type Json = Record<string, unknown>

export const ok = (body: Json = {}): Answer => ({ status: 200, body })

export const problem = (status: number, code: string, options: { unsealed?: boolean } = {}): Answer => ({
  status,
  body: { status, code, detail: `it is ${code}` },
  ...options,
})

export const listenReply = () => ok({ ip_addr: '127.0.0.1', port: 1, expires_at: NOW + 3600, time: NOW })

export const userinfoReply = (fields: Json = {}): Answer =>
  ok({
    ip_addr: '127.0.0.1',
    port: 1024,
    secret: newSecret().toText(),
    senderinfo: toBase64url(Uint8Array.of(1, ...randomBytes(100))),
    expires_at: NOW + 300,
    time: NOW,
    ...fields,
  })

/** A KDC at which everybody's password is `pw`. */
export class ScriptedKdc {
  /** The password of every account. */
  password = 'pw'
  /** Its clock. */
  time = NOW
  /** What it was asked, in order, sealed requests opened. */
  readonly asked: { path: string; body: Json }[] = []
  /** The bytes it was sent and those it sent, in order. */
  readonly wire: Uint8Array[] = []
  readonly tokens: Secret[] = []
  closed = false
  readonly #script: Script
  #setup = ''
  #loginState = ''

  /** @param script - an answer for each path; `/login/start` and `/login/finish` are answered without. */
  constructor(script: Script = {}) {
    this.#script = script
  }

  /** Its public key. */
  get key(): string {
    return opaque.server.getPublicKey(this.#setup)
  }

  get token(): Secret {
    const token = this.tokens.at(-1)
    assert.ok(token, 'nobody has logged in')
    return token as Secret
  }

  readonly link: HttpLink = {
    post: async (path, type, body) => {
      this.wire.push(body)
      const reply = await (type === SEALED_TYPE ? this.#sealed(path, body) : this.#plain(path, body))
      this.wire.push(reply.body)
      return reply
    },
    close: async () => {
      this.closed = true
    },
  }

  async #plain(path: string, bytes: Uint8Array): Promise<HttpReply> {
    const body = JSON.parse(Buffer.from(bytes).toString()) as Json
    this.asked.push({ path, body })
    if (path in this.#script) return json(this.#answer(path))
    await opaque.ready
    const username = String(body.username)
    return json(path === '/login/start' ? this.#start(username, body) : this.#finish(username, body))
  }

  #start(username: string, { request }: Json): Answer {
    this.#setup ||= opaque.server.createSetup()
    const started = opaque.server.startLogin({
      serverSetup: this.#setup,
      registrationRecord: register(this.#setup, username, this.password),
      startLoginRequest: String(request),
      userIdentifier: username,
      identifiers: identifiers(username),
    })
    this.#loginState = started.serverLoginState
    return ok({ response: started.loginResponse, state: 'kept' })
  }

  #finish(username: string, { finish }: Json): Answer {
    const { sessionKey } = opaque.server.finishLogin({
      serverLoginState: this.#loginState,
      finishLoginRequest: String(finish),
      identifiers: identifiers(username),
    })
    this.tokens.push(tokenOf(sessionKey))
    return ok({ username, expires_at: NOW + 3600, time: this.time })
  }

  #sealed(path: string, bytes: Uint8Array): HttpReply {
    const route: SealedRoute = `POST ${path}`
    const request = parseSealedRequest(bytes)
    const sid = toBase64url(request.sid)
    const token = this.tokens.find((known) => toBase64url(sessionId(known)) === sid)
    assert.ok(token, 'sealed under a token that nobody has')
    this.asked.push({ path, body: openRequest(request, token as Secret, route) as Json })
    const answer = this.#answer(path)
    if (answer.unsealed) return json(answer)
    const { status, body } = answer
    const sealed = sealReply(token as Secret, route, request.salt, { status, time: this.time, body })
    return { status, type: SEALED_TYPE, body: sealed }
  }

  #answer(path: string): Answer {
    const answer = this.#script[path]
    assert.ok(answer, `nobody expected ${path}`)
    return typeof answer === 'function' ? answer() : (answer as Answer)
  }
}

function json({ status, body }: Answer): HttpReply {
  return {
    status,
    type: 'application/json',
    body: body === undefined ? utf8('?') : utf8(JSON.stringify(body)),
  }
}

function register(serverSetup: string, username: string, password: string): string {
  const { clientRegistrationState, registrationRequest } = opaque.client.startRegistration({ password })
  const { registrationResponse } = opaque.server.createRegistrationResponse({
    serverSetup,
    userIdentifier: username,
    registrationRequest,
  })
  return opaque.client.finishRegistration({
    password,
    registrationResponse,
    clientRegistrationState,
    identifiers: identifiers(username),
    keyStretching: KEY_STRETCHING,
  }).registrationRecord
}
