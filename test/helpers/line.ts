/** A line to a KDC without a port, and an attacker on it who holds, forges, changes, cuts and repeats. */
import type { HttpLink, HttpReply } from '../../src/lib/kdc-link/http.ts'
import { connectionFrom, type testKdc } from './kdc.ts'

type Kdc = Awaited<ReturnType<typeof testKdc>>

/** What is done to one exchange. */
export type Trick = (
  pass: () => Promise<HttpReply>,
  hold: (later: () => Promise<unknown>) => void,
) => Promise<HttpReply>

/** What an attacker without the token can say. */
export const forged = (code: string, status = 401): HttpReply => ({
  status,
  type: 'application/problem+json',
  body: Buffer.from(JSON.stringify({ status, code, detail: 'says somebody on the way' })),
})

function flipped(reply: HttpReply): HttpReply {
  const body = Uint8Array.from(reply.body)
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
  return { ...reply, body }
}

/** The tricks, by name. What is held back is let go when the line is clean again. */
export const TRICKS: Readonly<Record<string, Trick>> = {
  'held back, and 400 forged': async (pass, hold) => {
    hold(pass)
    return forged('request_refused', 400)
  },
  'held back, and 409 forged': async (pass, hold) => {
    hold(pass)
    return forged('epoch_passed', 409)
  },
  'held back, and an end of the session forged': async (pass, hold) => {
    hold(pass)
    return forged('token_unknown')
  },
  'held back, and damage forged': async (pass, hold) => {
    hold(pass)
    return forged('state_damaged', 400)
  },
  'passed on, and 404 forged': async (pass) => {
    await pass()
    return forged('group_unknown', 404)
  },
  'passed on, and 429 forged': async (pass) => {
    await pass()
    return forged('quota_exceeded', 429)
  },
  'passed on, and one bit of the answer changed': async (pass) => flipped(await pass()),
  'passed on, and the answer cut': async (pass) => {
    const reply = await pass()
    return { ...reply, body: reply.body.subarray(0, reply.body.length >> 1) }
  },
  'passed on, and success forged': async (pass) => {
    await pass()
    const body = Buffer.from(
      JSON.stringify({ position: 1, seq: 1, groups: [], entries: [], more: false, time: 1 }),
    )
    return { status: 200, type: 'application/json', body }
  },
  'sent twice': async (pass) => {
    await pass()
    return pass()
  },
  'sent after copies of it': async (pass) => {
    await pass()
    await pass()
    return pass()
  },
}

/** A line with an attacker on it. */
export class Line {
  readonly #kdc: Kdc
  readonly #held: (() => Promise<unknown>)[] = []
  #path = ''
  #trick: Trick | undefined
  #times = 0
  /** How often the trick was played. */
  played = 0
  /** Every path that was asked for. */
  readonly paths = new Set<string>()

  constructor(kdc: Kdc) {
    this.#kdc = kdc
  }

  /** From now on the trick is played on requests to this path, so many times. */
  meddle(path: string, trick: Trick, times: number): void {
    this.#path = path
    this.#trick = trick
    this.#times = times
    this.played = 0
  }

  /** The attacker stops; what was held back arrives. */
  async clean(): Promise<void> {
    this.#trick = undefined
    for (const later of this.#held.splice(0)) await later()
  }

  readonly link: HttpLink = {
    post: async (path, type, body) => {
      this.paths.add(path)
      const pass = async () => {
        const init = { method: 'POST', headers: { 'Content-Type': type }, body: body.slice() }
        const response = await this.#kdc.app.request(path, init, connectionFrom('127.0.0.1'))
        const [mediaType = ''] = (response.headers.get('Content-Type') ?? '').split(';')
        return {
          status: response.status,
          type: mediaType,
          body: new Uint8Array(await response.arrayBuffer()),
        }
      }
      if (!this.#trick || path !== this.#path || this.#times === 0) return pass()
      this.#times--
      this.played++
      return this.#trick(pass, (later) => this.#held.push(later))
    },
    close: async () => {},
  }
}
