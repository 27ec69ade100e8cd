/**
 * What a ticket costs the KDC: `/userinfo`, plain and sealed, beside a user-to-user ticket of MIT krb5's KDC and beside a bare
 * handler of the same shape.
 *
 * @module
 */
import { compare, interleave, runBenchmark } from './harness.ts'
import { askAll, encodeRequest, type Noticed } from './kdc/crowd.ts'
import {
  BARE_REQUEST,
  plainUserinfo,
  type Server,
  sealedUserinfo,
  startBareHono,
  startKdc,
} from './kdc/server.ts'
import { reasonOf } from './peers/installed.ts'
import { krb5Version, type Realm, startRealm } from './peers/krb5/realm.ts'
import { cpuTime, residentMemory } from './processes.ts'
import type { Row } from './result.ts'

const [CLIENTS, ROUNDS, REQUESTS, BARE_REQUESTS] = [8, 7, 5000, 10_000]
/** Answers with which a process is warm; a round of each peer is not counted besides. */
const WARM_REQUESTS = 4 * REQUESTS

interface Measured extends Noticed {
  readonly cpu: number
  readonly rss: number
}

const KRB5 = {
  fastest: 'krb5kdc, fastest settings',
  defaults: 'krb5kdc, as it comes',
} as const

await runBenchmark('kdc', async () => {
  const [kdc, bare] = [await startKdc(), await startBareHono()]
  const plain = await plainUserinfo(kdc.url)
  const sealed = await sealedUserinfo(kdc.url)
  const bareRequest = encodeRequest(bare.url, '/userinfo', 'application/json', BARE_REQUEST)
  const { fastest, defaults, missing } = await realms()
  const cases = {
    plain: () => measure(kdc, repeated(plain, REQUESTS)),
    sealed: () => measure(kdc, sealed(REQUESTS)),
    bare: () => measure(bare, repeated(bareRequest, BARE_REQUESTS)),
    ...(fastest && { fastest: () => ticket(fastest) }),
    ...(defaults && { defaults: () => ticket(defaults) }),
  }
  await askAll(kdc.url, CLIENTS, repeated(plain, WARM_REQUESTS))
  await askAll(kdc.url, CLIENTS, sealed(WARM_REQUESTS))
  const measured: Record<string, Measured[]> = await interleave(ROUNDS, cases)
  return { rows: rowsOf(measured), missing, notes: notes() }
})

async function realms(): Promise<{ fastest?: Realm; defaults?: Realm; missing: string[] }> {
  try {
    return {
      fastest: await startRealm({ fastest: true, spake: false }),
      defaults: await startRealm({ fastest: false, spake: false }),
      missing: [],
    }
  } catch (error) {
    return { missing: [reasonOf(error)] }
  }
}

async function measure({ pid, url }: Server, requests: readonly Buffer[]): Promise<Measured> {
  const before = cpuTime(pid)
  const noticed = await askAll(url, CLIENTS, requests)
  return { ...noticed, cpu: (cpuTime(pid) - before) / requests.length, rss: residentMemory(pid) }
}

async function ticket(realm: Realm): Promise<Measured> {
  const asked = await realm.ask('ticket', CLIENTS, REQUESTS)
  return { ...asked, rss: residentMemory(realm.pid) }
}

function repeated(request: Buffer, count: number): Buffer[] {
  return Array.from({ length: count }, () => request)
}

function rowsOf(measured: Record<string, Measured[]>): Row[] {
  const row = (
    key: keyof Measured,
    ours: 'plain' | 'sealed',
    peer: string,
    against: string,
    rest: Pick<Row, 'what' | 'parent' | 'unit' | 'better' | 'goal'>,
  ) =>
    compare({
      ...rest,
      group: 'tickets',
      against,
      ours: (measured[ours] ?? []).map((round) => round[key]),
      theirs: (measured[peer] ?? []).map((round) => round[key]),
    })
  const peers = Object.entries(KRB5).filter(([peer]) => measured[peer])
  const rows = (['plain', 'sealed'] as const).flatMap((ours) => {
    const what = `/userinfo, ${ours}`
    return peers.flatMap(([peer, against]) => {
      const goals = peer === 'fastest'
      return [
        row('cpu', ours, peer, against, {
          what: `${what}: server CPU an answer`,
          unit: 'us',
          better: 'lower',
          goal: goals ? { plain: 0.6, sealed: 0.75 }[ours] : undefined,
        }),
        row('perSecond', ours, peer, against, {
          what: `  answers at ${CLIENTS} clients`,
          parent: what,
          unit: '/s',
          better: 'higher',
          goal: goals ? { plain: 1, sealed: 1.5 }[ours] : undefined,
        }),
        ...(goals
          ? (['p50', 'p99'] as const).map((key) =>
              row(key, ours, peer, against, {
                what: `  until answered, ${key}`,
                parent: what,
                unit: 'us',
                better: 'lower',
              }),
            )
          : []),
      ]
    })
  })
  const bare = (['plain', 'sealed'] as const).map((ours) =>
    row('cpu', ours, 'bare', 'bare Hono, same shape', {
      what: `/userinfo, ${ours}: server CPU an answer`,
      unit: 'us',
      better: 'lower',
    }),
  )
  const memory = peers
    .slice(0, 1)
    .map(([peer, against]) =>
      row('rss', 'plain', peer, against, { what: "KDC's memory", unit: 'MiB', better: 'lower' }),
    )
  return [...rows, ...bare, ...memory]
}

function notes(): string[] {
  const words: string[] = []
  if (process.platform !== 'linux') words.push('CPU time is read from /proc: there is none on this system')
  try {
    words.push(`krb5kdc is MIT krb5 ${krb5Version()}; tickets over UDP, alice and bob, user to user`)
  } catch {
    // Its absence is told already.
  }
  return words
}
