/** What somebody on the way to the KDC can do with a request and its answer, without any key. */
import { readFileSync } from 'node:fs'
import { PROTOCOL_CODES, TRANSPORT_CODES } from '../../src/lib/errors.ts'
import { SEALED_TYPE } from '../../src/lib/sealed.ts'
import type { Answer, Mischief } from './meddling-proxy.ts'

const problems = readFileSync(new URL('../../src/kdc/http/problems.ts', import.meta.url), 'utf8')

/** The codes of the KDC's problems, each with its status. */
export const KDC_CODES: ReadonlyMap<string, number> = new Map(
  [...problems.matchAll(/^ {2}([a-z_]+): \{ status: (\d+)/gm)].map(([, code = '', status]) => [
    code,
    Number(status),
  ]),
)

/** What a client alone can conclude: no answer of a KDC says so. */
export const CLIENT_CODES: readonly string[] = PROTOCOL_CODES.filter((code) => !KDC_CODES.has(code))

/** Every code that an answer could name, and one that there is not. */
export const ALL_CODES: readonly string[] = [
  ...new Set([...KDC_CODES.keys(), ...PROTOCOL_CODES, ...TRANSPORT_CODES, 'malformed', 'no_such_code']),
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

/** How a forged problem is told: instead of what is never delivered, of what is delivered now, or of what is delivered late. */
export const FORGERIES = new Map<string, (answer: Answer) => Mischief>([
  ['lost', (answer) => async () => answer],
  [
    'delivered',
    (answer) => async (exchange) => {
      const { rest } = await exchange.deliver()
      rest?.destroy()
      return answer
    },
  ],
  [
    'held',
    (answer) => async (exchange) => {
      exchange.hold()
      return answer
    },
  ],
])

/** What needs no code. */
export const MISCHIEFS = new Map<string, Mischief>([
  [
    'a bit of the answer is flipped',
    async ({ deliver }) => {
      const answer = await deliver()
      return { ...answer, body: flipped(answer.body, -1) }
    },
  ],
  [
    "a bit of the answer's header is flipped",
    async ({ deliver }) => {
      const answer = await deliver()
      return { ...answer, body: flipped(answer.body, 5) }
    },
  ],
  ['a bit of the request is flipped', ({ body, deliver }) => deliver(flipped(body, -1))],
  [
    "a bit of the request's session is flipped",
    ({ body, deliver }) => deliver(flipped(body, Math.min(3, body.length - 1))),
  ],
  [
    'a bit of the salt of the request is flipped',
    ({ body, deliver }) => deliver(flipped(body, Math.min(REQUEST_SEALED_AT - 1, body.length - 1))),
  ],
  ['the answer is cut in the middle', async ({ deliver }) => ({ half: await deliver() })],
  [
    'the answer is shorter than it was',
    async ({ deliver }) => {
      const { rest, ...answer } = await deliver()
      rest?.destroy()
      return { ...answer, body: answer.body.subarray(0, answer.body.length >> 1) }
    },
  ],
  [
    'the answer is empty',
    async ({ deliver }) => {
      const { rest, ...answer } = await deliver()
      rest?.destroy()
      return { ...answer, body: Buffer.alloc(0) }
    },
  ],
  ['the connection is cut before the request is delivered', async () => 'cut'],
  [
    'the connection is cut when the request is delivered',
    async ({ deliver }) => {
      const { rest } = await deliver()
      rest?.destroy()
      return 'cut'
    },
  ],
  [
    'the connection is cut, and the request delivered late',
    async ({ hold }) => {
      hold()
      return 'cut'
    },
  ],
  [
    'the request is delivered twice',
    async ({ deliver }) => {
      const answer = await deliver()
      const { rest } = await deliver()
      rest?.destroy()
      return answer
    },
  ],
  [
    'the request is delivered now and late',
    async ({ deliver, hold }) => {
      hold()
      return deliver()
    },
  ],
  [
    'the answer is an earlier one',
    async ({ deliver, earlier }) => {
      const { rest, ...answer } = await deliver()
      rest?.destroy()
      return earlier('here') ?? { ...answer, body: flipped(answer.body, -1) }
    },
  ],
  [
    'the answer is one to something else',
    async ({ deliver, earlier }) => {
      const { rest, ...answer } = await deliver()
      rest?.destroy()
      return earlier('elsewhere') ?? { ...answer, body: flipped(answer.body, -1) }
    },
  ],
  ['the answer has the status 401', async ({ deliver }) => ({ ...(await deliver()), status: 401 })],
  ['the answer has the status 500', async ({ deliver }) => ({ ...(await deliver()), status: 500 })],
  [
    'the answer is called a problem',
    async ({ deliver }) => ({ ...(await deliver()), status: 409, type: 'application/problem+json' }),
  ],
  [
    'the answer is a page of another server',
    async ({ deliver }) => {
      const { rest } = await deliver()
      rest?.destroy()
      return { status: 200, type: 'text/html', body: Buffer.from('<html>Sign in to the network</html>') }
    },
  ],
  [
    'the answer is random, and said to be sealed',
    async ({ deliver }) => {
      const { rest } = await deliver()
      rest?.destroy()
      return { status: 200, type: SEALED_TYPE, body: Buffer.alloc(300, 1) }
    },
  ],
])

/** After which of these the operation succeeds all the same: what is sealed is right. */
export const HARMLESS: readonly string[] = [
  'the request is delivered twice',
  'the request is delivered now and late',
  'the answer has the status 401',
  'the answer has the status 500',
]
