/**
 * Given: a KDC for the class, with messages 1 to 3 written and message 4 left to you. It speaks docs/protocol.md §3 to
 * this machine only, keeps everything in memory, and knows two principals whose passwords are their names.
 *
 * @module
 */
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, Secret, secureRandomBytes, systemClock, toBase64url } from 'symbolon/protocol'
import type { AnswerUserinfo, Session } from './04-the-ticket/given.ts'

const PASSWORDS = new Map([
  ['alice', 'alice'],
  ['bob', 'bob'],
])
const SESSION_LIFETIME_SEC = 3600
const TICKET_LIFETIME_SEC = 300

type Fields = Readonly<Record<string, unknown>>
type Reply = Fields & { readonly status?: number }

/** What was asked of the KDC: by which path, with what, and how it was said to be written. */
export interface Asked {
  readonly path: string
  readonly type: string
  readonly fields: Fields
}

export interface ClassKdcOptions {
  /** Default: everybody's name. */
  readonly passwords?: ReadonlyMap<string, string>
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Hears of each request before it is answered. */
  readonly hears?: (asked: Asked) => void
}

/** Serves until `close`. */
export async function startClassKdc(
  answerUserinfo: AnswerUserinfo,
  { passwords = PASSWORDS, clock = systemClock, hears }: ClassKdcOptions = {},
) {
  const sessions = new Map<string, Session>()
  const listening = new Map<string, { token: string; port: number }>()

  function session(username: string, ipAddress: string): string {
    const bytes = secureRandomBytes(32)
    const token = toBase64url(bytes)
    sessions.set(token, { username, token: new Secret('session token', bytes), ipAddress })
    return token
  }

  // Message 1, answered with message 2: a token, the key that from now on only the two of them know.
  function login({ username, password, port }: Fields, ipAddress: string): Reply {
    if (typeof username !== 'string' || passwords.get(username) !== password) {
      return problem(401, 'login_refused', 'unknown name or wrong password')
    }
    const token = session(username, ipAddress)
    if (port !== undefined) listening.set(username, { token, port: Number(port) })
    return { token, username, expires_at: clock() + SESSION_LIFETIME_SEC, time: clock() }
  }

  // A receiver says where it accepts channels.
  function listen({ token, port }: Fields, session: Session): Reply {
    listening.set(session.username, { token: String(token), port: Number(port) })
    return {
      ip_addr: session.ipAddress,
      port,
      expires_at: clock() + SESSION_LIFETIME_SEC,
      time: clock(),
    }
  }

  // Message 3: who asks is known by the token, and the receiver listens. The answer is message 4, which is yours.
  function userinfo({ receiver }: Fields, sender: Session): Reply {
    const there = listening.get(String(receiver))
    const session = there && sessions.get(there.token)
    if (!session) return problem(409, 'receiver_offline', `${receiver} is not listening anywhere`)
    const kdc = {
      now: clock(),
      ticketLifetimeSec: TICKET_LIFETIME_SEC,
      randomBytes: secureRandomBytes,
    }
    return { ...answerUserinfo(sender, { ...session, port: there.port }, kdc) }
  }

  function answer(path: string, body: Fields, ipAddress: string): Reply {
    if (path === '/login') return login(body, ipAddress)
    const session = sessions.get(String(body.token))
    if (session?.username !== body.username) return problem(401, 'token_unknown', 'there is no such session')
    if (session && path === '/listen') return listen(body, session)
    if (session && path === '/userinfo') return userinfo(body, session)
    if (path === '/logout') return { time: clock() }
    return problem(404, 'not_found', 'there is no such path')
  }

  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    let reply: Reply
    try {
      const [path, fields] = [request.url ?? '', JSON.parse(text)]
      hears?.({ path, type: request.headers['content-type'] ?? '', fields })
      reply = answer(path, fields, request.socket.remoteAddress ?? '')
    } catch (error) {
      reply = problem(500, 'internal', error instanceof Error ? error.message : String(error))
    }
    const { status = 200 } = reply
    const type = status === 200 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(reply))
  })
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** As if this one had logged in and said where it listens. @returns its token. */
    listens(username: string, ipAddress: string, port: number): string {
      const token = session(username, ipAddress)
      listening.set(username, { token, port })
      return token
    },
    /** Who listens where. */
    listening: listening as ReadonlyMap<string, { readonly token: string; readonly port: number }>,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function problem(status: number, code: string, detail: string): Reply {
  return { type: `urn:symbolon:error:${code}`, title: code, status, detail, code }
}
