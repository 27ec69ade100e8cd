/** What an on-path attacker can do with a request and its answer, without any key. */
import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '../../src/lib/errors.ts'
import { SEALED_TYPE } from '../../src/lib/sealed.ts'
import type { Answer, Mischief } from './meddling-proxy.ts'

const problems = readFileSync(new URL('../../src/kdc/problems.ts', import.meta.url), 'utf8')

/** The codes of the KDC's problems, each with its status. */
export const KDC_CODES: ReadonlyMap<string, number> = new Map(
  [...problems.matchAll(/^ {2}([a-z_]+): \{ status: (\d+)/gm)].map(([, code = '', status]) => [
    code,
    Number(status),
  ]),
)

/** What a client alone can conclude: no answer of a KDC says so. */
export const CLIENT_CODES: readonly string[] = ERROR_CODES.protocol.filter((code) => !KDC_CODES.has(code))

/** Every code that an answer could name, and one that there is not. */
export const ALL_CODES: readonly string[] = [
  ...new Set([
    ...KDC_CODES.keys(),
    ...ERROR_CODES.protocol,
    ...ERROR_CODES.transport,
    'malformed',
    'no_such_code',
  ]),
]

/** The statuses under which each code is forged, besides its own. */
export const FORGED_STATUSES: readonly number[] = [400, 401, 409, 500]

/** A problem, as the KDC would say it without a seal. */
export function forged(code: string, status = KDC_CODES.get(code) ?? 400): Answer {
  const problem = { type: `urn:symbolon:error:${code}`, title: code, status, detail: `forged: ${code}`, code }
  // Of a conversation that there is already, its id (docs/protocol.md §7).
  const body = code === 'group_exists' ? { ...problem, group: 'A'.repeat(22) } : problem
  return { status, type: 'application/problem+json', body: Buffer.from(JSON.stringify(body)) }
}

/** One bit is another. */
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}

/** The version, a session's id, a salt: and then what is sealed. */
const REQUEST_SEALED_AT = 1 + 16 + 32

/** Something that is done with a request, in words. */
export interface Way {
  readonly what: string
  readonly mischief: Mischief
  /** What is sealed is right, so that the operation succeeds all the same. */
  readonly isHarmless?: boolean
}

/** Brings a request to the KDC, whose answer is of no use. */
async function lose({ deliver }: Parameters<Mischief>[0]): Promise<Answer> {
  const { rest, ...answer } = await deliver()
  rest?.destroy()
  return answer
}

/** A forged problem: in answer to what is never delivered, to what is delivered, and to what is delivered late. */
export const FORGERIES: ReadonlyMap<string, (answer: Answer) => Mischief> = new Map([
  [
    'lost',
    (answer: Answer): Mischief =>
      async () =>
        answer,
  ],
  [
    'delivered',
    (answer: Answer): Mischief =>
      async (exchange) => {
        await lose(exchange)
        return answer
      },
  ],
  [
    'held',
    (answer: Answer): Mischief =>
      async ({ hold }) => {
        hold()
        return answer
      },
  ],
])

const CUT_LATE: Way = {
  what: 'the connection is cut, and the request delivered late',
  mischief: async ({ hold }) => {
    hold()
    return 'cut'
  },
}

/** The ways that need no code, by their kind. */
export const WAYS: ReadonlyMap<string, readonly Way[]> = new Map([
  [
    'flip the answer',
    [
      {
        what: "the answer's last bit is flipped",
        mischief: async ({ deliver }) => {
          const answer = await deliver()
          return { ...answer, body: flipped(answer.body, -1) }
        },
      },
      {
        what: "a bit of the answer's salt is flipped",
        mischief: async ({ deliver }) => {
          const answer = await deliver()
          return { ...answer, body: flipped(answer.body, 5) }
        },
      },
    ],
  ],
  [
    'flip the request',
    [
      {
        what: "the request's last bit is flipped",
        mischief: ({ body, deliver }) => deliver(flipped(body, -1)),
      },
      {
        what: "a bit of the request's session is flipped",
        mischief: ({ body, deliver }) => deliver(flipped(body, Math.min(3, body.length - 1))),
      },
      {
        what: "a bit of the request's salt is flipped",
        mischief: ({ body, deliver }) => deliver(flipped(body, Math.min(REQUEST_SEALED_AT, body.length) - 1)),
      },
    ],
  ],
  [
    'cut the answer',
    [
      {
        what: 'the answer is cut in the middle',
        mischief: async ({ deliver }) => ({ half: await deliver() }),
      },
      {
        what: 'the answer is half of what it was',
        mischief: async (exchange) => {
          const answer = await lose(exchange)
          return { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) }
        },
      },
      {
        what: 'the answer is empty',
        mischief: async (exchange) => ({ ...(await lose(exchange)), body: Buffer.alloc(0) }),
      },
    ],
  ],
  [
    'cut the connection',
    [
      { what: 'the connection is cut before the request is delivered', mischief: async () => 'cut' },
      {
        what: 'the connection is cut when the request is delivered',
        mischief: async (exchange) => {
          await lose(exchange)
          return 'cut'
        },
      },
    ],
  ],
  ['hold', [CUT_LATE]],
  [
    'repeat',
    [
      {
        what: 'the request is delivered twice',
        isHarmless: true,
        mischief: async (exchange) => {
          const answer = await exchange.deliver()
          await lose(exchange)
          return answer
        },
      },
      {
        // What is always answered before is not answered: that is all.
        what: 'copies of the request are delivered before it',
        mischief: async (exchange) => {
          await lose(exchange)
          await lose(exchange)
          return exchange.deliver()
        },
      },
      {
        what: 'the request is delivered now and late',
        isHarmless: true,
        mischief: async ({ deliver, hold }) => {
          hold()
          return deliver()
        },
      },
    ],
  ],
  [
    'replay',
    [
      {
        what: 'the answer is an earlier one',
        mischief: async (exchange) => {
          const answer = await lose(exchange)
          return exchange.earlier('here') ?? { ...answer, body: flipped(answer.body, -1) }
        },
      },
    ],
  ],
  [
    'swap',
    [
      {
        what: 'the answer is one to something else',
        mischief: async (exchange) => {
          const answer = await lose(exchange)
          return exchange.earlier('elsewhere') ?? { ...answer, body: flipped(answer.body, -1) }
        },
      },
    ],
  ],
  [
    'change the status',
    [
      {
        what: 'the answer has the status 401',
        isHarmless: true,
        mischief: async ({ deliver }) => ({ ...(await deliver()), status: 401 }),
      },
      {
        what: 'the answer has the status 500',
        isHarmless: true,
        mischief: async ({ deliver }) => ({ ...(await deliver()), status: 500 }),
      },
    ],
  ],
  [
    'change the type',
    [
      {
        what: 'the answer is called a problem',
        mischief: async (exchange) => ({
          ...(await lose(exchange)),
          status: 409,
          type: 'application/problem+json',
        }),
      },
      {
        what: 'the answer is a page of another server',
        mischief: async (exchange) => {
          await lose(exchange)
          const body = Buffer.from('<html>Sign in to the network</html>')
          return { status: 200, type: 'text/html', body }
        },
      },
      {
        what: 'the answer is random, and said to be sealed',
        mischief: async (exchange) => {
          await lose(exchange)
          return { status: 200, type: SEALED_TYPE, body: Buffer.alloc(300, 1) }
        },
      },
      {
        what: 'a forged problem is said to be sealed',
        mischief: async (exchange) => {
          await lose(exchange)
          return { ...forged('request_refused'), type: SEALED_TYPE }
        },
      },
    ],
  ],
])
