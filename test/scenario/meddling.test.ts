/**
 * Somebody on the way to the KDC who holds, forges, changes, cuts and repeats: with every route that a client uses, and in every way
 * that takes no key. When the line is clean again, nothing is lost, doubled, broken or ended, and what was said of it was true.
 *
 * Each run tries every way with every route, and each code with some: which, the seed says. All codes with all routes, and with each
 * operation that uses them: MEDDLE=all.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TransportError } from '../../src/lib/errors.ts'
import type { Mischief } from '../helpers/meddling-proxy.ts'
import {
  ALL_CODES,
  CLIENT_CODES,
  FORGED_STATUSES,
  FORGERIES,
  forged,
  HARMLESS,
  KDC_CODES,
  MISCHIEFS,
} from '../helpers/mischief.ts'
import { isOver, MeddledRealm } from './meddled-realm.ts'
import { type Ending, OPERATIONS, type Operation } from './operations.ts'

const meddling = suite('somebody between the clients and the KDC')

const ALL = process.env.MEDDLE === 'all'
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000))
/** A realm grows with each case. */
const CASES_OF_A_REALM = 150

/** Routes that are not asked for by clients of ours. */
const OF_OTHERS = ['/login']

interface Case {
  readonly operation: Operation
  readonly path: string
  readonly what: string
  readonly mischief: Mischief
  readonly isHarmless: boolean
  /** Once, or until the line is clean. */
  readonly times: number
  /** What is held is delivered before the next contact, or after it. */
  readonly releases: 'before' | 'after'
}

/** A sequence that the seed decides. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed >>> 0; ; ) {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    yield (mixed ^ (mixed >>> 14)) >>> 0
  }
}

const random = numbers(SEED)
const pick = <T>(all: readonly T[]): T => all[(random.next().value as number) % all.length] as T

/** The codes in an order of this run, again and again. */
const codes = (function* () {
  for (;;) {
    const rest = [...ALL_CODES]
    while (rest.length > 0) yield* rest.splice((random.next().value as number) % rest.length, 1)
  }
})()
const nextCode = () => codes.next().value as string

/** How often each code is forged for each route and way, unless it is for all. */
const CODES_OF_A_ROUTE = 3

function casesOf(operation: Operation, path: string): Case[] {
  const about = { operation, path }
  const timing = (): Pick<Case, 'times' | 'releases'>[] =>
    ALL
      ? [
          { times: 1, releases: 'before' },
          { times: Number.POSITIVE_INFINITY, releases: 'after' },
        ]
      : [{ times: pick([1, Number.POSITIVE_INFINITY]), releases: pick(['before', 'after']) }]
  const isPlain = operation.plain?.includes(path)
  const cases: Case[] = []
  for (const [what, mischief] of MISCHIEFS) {
    const isHarmless = HARMLESS.includes(what) && !isPlain
    for (const when of timing()) cases.push({ ...about, what, mischief, isHarmless, ...when })
  }
  for (const [how, forge] of FORGERIES) {
    const chosen = ALL ? ALL_CODES : [pick(CLIENT_CODES), ...Array.from({ length: CODES_OF_A_ROUTE - 1 }, nextCode)]
    for (const code of chosen) {
      const own = KDC_CODES.get(code)
      const all = own === undefined ? FORGED_STATUSES : [own, ...FORGED_STATUSES]
      for (const status of ALL ? all : [pick(own === undefined ? all : [own, own, ...all])]) {
        const what = `${status} ${code} is forged, and the request ${how}`
        for (const when of timing()) {
          cases.push({ ...about, what, mischief: forge(forged(code, status)), isHarmless: false, ...when })
        }
      }
    }
  }
  return cases
}

let realm: MeddledRealm
let done = 0

async function freshRealm(): Promise<void> {
  await realm?.close()
  realm = await MeddledRealm.start()
  done = 0
}

meddling.before(freshRealm)
meddling.after(() => realm.close())

/** What may be said of an operation that the KDC would not refuse, when somebody meddles with it. */
function judge({ operation, path, isHarmless }: Case, { value, error }: Ending): void {
  const reason = error ?? (value as { reason?: Error } | undefined)?.reason
  if (!reason) return
  const { code } = reason as { code?: string }
  if (operation.refusal !== undefined && code === operation.refusal) return
  assert.not.ok(isHarmless, `failed, though the answer was right: ${reason} (${code})`)
  if (reason instanceof TransportError || isOver(reason)) return
  // Before a login anybody may answer: what the KDC could say is believed, or tried again.
  if (operation.plain?.includes(path)) {
    assert.not.ok(CLIENT_CODES.includes(code ?? ''), `believed of a stranger: ${code}`)
    return
  }
  // As docs/protocol.md §3.7 has it of registration.
  if (path.startsWith('/register/') && ['invitation_unknown', 'registration_closed'].includes(code ?? '')) return
  assert.unreachable(`said to be refused, which nobody knows: ${reason} (${code})`)
}

async function attempt(act: () => Promise<unknown>): Promise<Ending> {
  try {
    return { value: await act() }
  } catch (error) {
    return { error: error as Error }
  }
}

async function run(one: Case): Promise<void> {
  const { operation, path, mischief, times, releases } = one
  const { proxy } = realm
  const prepared = await operation.prepare(realm, realm.next())
  proxy.plan(path, mischief, { times })
  const ending = await attempt(prepared.act)
  await proxy.clean()
  assert.ok(proxy.met > 0, `the operation does not use ${path}`)
  if (releases === 'before') await proxy.release()
  await prepared.actor?.contact()
  await proxy.release()
  await prepared.check(ending)
  judge(one, ending)
}

/** The operations with which a route is tried: all of them, or the first, and one more. */
function operationsOf(path: string): Operation[] {
  const using = OPERATIONS.filter(({ paths }) => paths.includes(path))
  return ALL ? using : using.slice(0, 1)
}

const ROUTES = [...new Set(OPERATIONS.flatMap(({ paths }) => paths))].sort()

meddling('every route of the KDC is meddled with', () => {
  const routes = realm.kdc.app.routes.filter(({ method }) => method === 'POST').map(({ path }) => path)
  assert.equal([...new Set(routes)].sort(), [...ROUTES, ...OF_OTHERS].sort())
})

for (const path of ROUTES) {
  meddling(`${path}: nothing is lost, doubled, broken or ended`, async () => {
    const cases = operationsOf(path).flatMap((operation) => casesOf(operation, path))
    const failures: string[] = []
    for (const one of cases) {
      if (++done > CASES_OF_A_REALM) await freshRealm()
      try {
        await run(one)
      } catch (error) {
        const { operation, what, times, releases } = one
        const how = `${times === 1 ? 'once' : 'always'}, released ${releases} the next contact`
        failures.push(`${operation.name}: ${what} (${how}):\n    ${(error as Error).message}`)
        await freshRealm()
      }
    }
    const words = `${failures.length} of ${cases.length} (SEED=${SEED}):\n  ${failures.join('\n  ')}`
    assert.is(failures.length, 0, words)
  })
}

meddling.run()
