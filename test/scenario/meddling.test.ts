/**
 * Somebody on the way to the KDC who holds, forges, changes, cuts and repeats: with every route that a client uses, and in every way
 * that takes no key. When the line is clean again, nothing is lost, doubled, broken or ended, and what was said of it was true.
 *
 * Each run does something of every kind with every route: what, the seed says. Everything with every operation that uses the route, and
 * every code: MEDDLE=all.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TransportError } from '../../src/lib/errors.ts'
import {
  ALL_CODES,
  CLIENT_CODES,
  FORGED_STATUSES,
  FORGERIES,
  forged,
  KDC_CODES,
  WAYS,
  type Way,
} from '../helpers/mischief.ts'
import { MeddledRealm } from './meddled-realm.ts'
import { type Ending, OPERATIONS, type Operation } from './operations.ts'

const meddling = suite('somebody between the clients and the KDC')

const ALL = process.env.MEDDLE === 'all'
/** The same in each run, so that what fails is what was changed; `SEED=random` looks elsewhere. */
const SEED =
  process.env.SEED === 'random' ? Math.floor(Math.random() * 1_000_000) : Number(process.env.SEED ?? 1)
/** A realm grows with each case. */
const CASES_OF_A_REALM = 150

/** Routes that are not asked for by clients of ours. */
const OF_OTHERS = ['/login']

interface Case extends Way {
  readonly operation: Operation
  readonly path: string
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

/** The codes that are forged in one way, of one route. */
const codesOfARoute = () => (ALL ? ALL_CODES : [codes.next().value as string])

/** The statuses under which a code is forged. */
function statusesOf(code: string): readonly number[] {
  const own = KDC_CODES.get(code)
  const all = own === undefined ? FORGED_STATUSES : [own, ...FORGED_STATUSES]
  return ALL ? all : [pick(own === undefined ? all : [own, own, ...all])]
}

/** Of each of these something is done with every route. */
const SORTS = [
  ['flip the answer', 'flip the request'],
  ['cut the answer', 'cut the connection', 'hold'],
  ['repeat', 'replay', 'swap'],
  ['change the status', 'change the type'],
]

/** What is done with one route: all that can be, or something of every kind. */
function waysOf(isPlain: boolean | undefined): Way[] {
  const kinds = ALL ? [...WAYS.keys()] : SORTS.map((kinds) => pick(kinds))
  const ways: Way[] = kinds.flatMap((kind) => (ALL ? (WAYS.get(kind) ?? []) : [pick(WAYS.get(kind) ?? [])]))
  for (const [how, forge] of FORGERIES) {
    for (const code of codesOfARoute()) {
      for (const status of statusesOf(code)) {
        const what = `${status} ${code} is forged, and the request ${how}`
        ways.push({ what, mischief: forge(forged(code, status)) })
      }
    }
  }
  // What is not sealed is not right either.
  return isPlain ? ways.map((way) => ({ ...way, isHarmless: false })) : ways
}

const TIMES = [1, Number.POSITIVE_INFINITY]
const RELEASES = ['before', 'after'] as const

function casesOf(operation: Operation, path: string): Case[] {
  return waysOf(operation.plain?.includes(path)).flatMap((way) =>
    (ALL ? TIMES : [pick(TIMES)]).map((times) => ({
      ...way,
      operation,
      path,
      times,
      releases: pick(RELEASES),
    })),
  )
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
  if (reason instanceof TransportError) return
  // Before a login anybody may answer: what the KDC could say is believed, or tried again.
  if (operation.plain?.includes(path)) {
    assert.not.ok(CLIENT_CODES.includes(code ?? ''), `believed of a stranger: ${code}`)
    return
  }
  // As docs/protocol.md §3.7 has it of registration.
  if (path.startsWith('/register/') && ['invitation_unknown', 'registration_closed'].includes(code ?? ''))
    return
  assert.unreachable(`said to be refused, which nobody knows: ${reason} (${code})`)
}

async function attempt(act: () => Promise<unknown>): Promise<Ending> {
  try {
    return { value: await act() }
  } catch (error) {
    return { error: error as Error }
  }
}

async function run(one: Case): Promise<Ending> {
  const { operation, path, mischief, times, releases } = one
  const { proxy } = realm
  const prepared = await operation.prepare(realm, realm.next())
  void proxy.plan(path, mischief, { times })
  const ending = await attempt(prepared.act)
  await proxy.clean()
  assert.ok(proxy.met > 0, `the operation does not use ${path}`)
  if (releases === 'before') await proxy.release()
  await prepared.actor?.contact()
  await proxy.release()
  await prepared.check(ending)
  return ending
}

function describe({ operation, what, times, releases }: Case): string {
  return `${operation.name}: ${what} (${times === 1 ? 'once' : 'always'}, released ${releases} the next contact)`
}

/** The operations with which a route is tried: all of them, or one. */
function operationsOf(path: string): Operation[] {
  const using = OPERATIONS.filter(({ paths }) => paths.includes(path))
  const quick = using.filter(({ isSlow }) => !isSlow)
  return ALL ? using : [pick(quick.length > 0 ? quick : using)]
}

const ROUTES = [...new Set(OPERATIONS.flatMap(({ paths }) => paths))].sort()
/** Made before any is run, so that a seed stands for the same cases whichever of them are asked for. */
const CASES = new Map(
  ROUTES.map((path) => [path, operationsOf(path).flatMap((operation) => casesOf(operation, path))]),
)

meddling('every route of the KDC is meddled with, in ways of every kind, and with every code', () => {
  const routes = realm.kdc.app.routes.filter(({ method }) => method === 'POST').map(({ path }) => path)
  assert.equal([...new Set(routes)].sort(), [...ROUTES, ...OF_OTHERS].sort())
  const whats = new Set([...CASES.values()].flat().map(({ what }) => what))
  for (const [kind, ways] of WAYS)
    assert.ok(
      ways.some(({ what }) => whats.has(what)),
      kind,
    )
  assert.equal([...WAYS.keys()].sort(), SORTS.flat().sort())
  const forged = [...whats].map((what) => /^\d+ (\w+) is forged/.exec(what)?.[1])
  assert.equal(
    ALL_CODES.filter((code) => !forged.includes(code)),
    [],
  )
})

for (const [path, cases] of CASES) {
  if ((process.env.ROUTE ?? path) !== path) continue
  meddling(`${path}: nothing is lost, doubled, broken or ended`, async () => {
    const failures: string[] = []
    for (const one of cases) {
      if (++done > CASES_OF_A_REALM) await freshRealm()
      const fail = ({ message }: Error) => failures.push(`${describe(one)}:\n    ${message}`)
      const ending = await run(one).catch(async (error: Error) => {
        fail(error)
        // What is broken would have the next cases fail.
        await freshRealm()
      })
      try {
        if (ending) judge(one, ending)
      } catch (error) {
        fail(error as Error)
      }
    }
    const words = `${failures.length} of ${cases.length} (SEED=${SEED}):\n  ${failures.join('\n  ')}`
    assert.is(failures.length, 0, words)
  })
}

meddling.run()
