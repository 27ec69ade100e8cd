/**
 * What a login costs the KDC, and what it protects: OPAQUE beside the two that MIT krb5's KDC has, encrypted timestamps and SPAKE.
 *
 * The client's work is not in it: passwords are stretched as little as can be, krb5's clients have their keys in a file.
 *
 * @module
 */
import { compare, interleave, runBenchmark } from './harness.ts'
import { Load, type RunningKdc, startKdc } from './kdc/server.ts'
import { addAccounts, logIn } from './opaque-accounts.ts'
import { reasonOf } from './peers/installed.ts'
import { type Realm, type RealmSettings, startRealm } from './peers/krb5/realm.ts'
import { cpuTime } from './processes.ts'
import type { Row, Table } from './result.ts'
import { digits, show } from './table.ts'

const [ROUNDS, CLIENTS, LOGINS, KRB5_LOGINS] = [7, 8, 400, 1200]

/** How krb5's KDC logs a principal in, by name. */
const KRB5: Record<string, RealmSettings> = {
  'krb5 timestamp, as it comes': { fastest: false, spake: false },
  'krb5 timestamp, fastest': { fastest: true, spake: false },
  'krb5 SPAKE, as it comes': { fastest: false, spake: true },
  'krb5 SPAKE, fastest': { fastest: true, spake: true },
}

await runBenchmark('logins', async () => {
  const kdc = await startKdc()
  const names = await addAccounts(kdc.data, LOGINS)
  const realms: [string, Realm][] = []
  const missing: string[] = []
  try {
    for (const [name, settings] of Object.entries(KRB5)) realms.push([name, await startRealm(settings)])
  } catch (error) {
    missing.push(reasonOf(error))
  }
  const [crowd, one] = [new Load(kdc.url, CLIENTS), new Load(kdc.url, 1)]
  const krb5 = (realm: Realm) => async () => (await realm.ask('login', CLIENTS, KRB5_LOGINS)).cpu
  const measured: Record<string, number[]> = await interleave(ROUNDS, {
    crowd: () => opaque(kdc, crowd, CLIENTS, names),
    one: () => opaque(kdc, one, 1, names),
    ...Object.fromEntries(realms.map(([name, realm]) => [name, krb5(realm)] as const)),
  })
  await Promise.all([crowd.close(), one.close()])
  const rows: Row[] = realms.map(([name]) =>
    compare({
      what: `OPAQUE login, ${CLIENTS} clients: server CPU`,
      group: 'logins',
      unit: 'us',
      better: 'lower',
      against: name,
      ours: measured.crowd ?? [],
      theirs: measured[name] ?? [],
    }),
  )
  rows.push(
    compare({
      what: `OPAQUE login, ${CLIENTS} clients: server CPU`,
      group: 'logins',
      unit: 'us',
      better: 'lower',
      against: 'OPAQUE, one at a time',
      ours: measured.crowd ?? [],
      theirs: measured.one ?? [],
    }),
  )
  return { rows, missing, tables: [protection(measured)] }
})

/** @returns microseconds of the KDC's processor time for one login: both exchanges, the durable write of the session, the log. */
async function opaque(
  { pid }: RunningKdc,
  load: Load,
  clients: number,
  names: readonly string[],
): Promise<number> {
  const before = cpuTime(pid)
  let next = 0
  const client = async () => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) await logIn(load, name)
  }
  await Promise.all(Array.from({ length: clients }, client))
  return (cpuTime(pid) - before) / names.length
}

/** What the processor time buys. docs/performance.md has the reasons and the sources. */
function protection(measured: Record<string, number[]>): Table {
  const cost = (name: string) => {
    const values = [...(measured[name] ?? [])].sort((a, b) => a - b)
    const [min = Number.NaN, max = Number.NaN, median = Number.NaN] = [
      values[0],
      values.at(-1),
      values[values.length >> 1],
    ]
    return values.length === 0
      ? ['not measured', 'not measured']
      : [show({ median, min, max }), digits(1e6 / median)]
  }
  const krb5Stolen = 'none needed: what is stored logs in as any user'
  const member = 'yes, without -allow_svr: by a ticket to that user'
  const timestamp = ['yes', 'yes', member, krb5Stolen]
  const spake = ['no', 'no: one guess a login', member, krb5Stolen]
  const ours = ['no', 'no: one guess a login', 'no', 'yes: an Argon2id of 19 MiB a guess']
  const [asItComes, fastest] = ['one a login', 'none']
  return {
    title: 'Who can guess a password offline, and what a login costs the server:',
    head: [
      'login',
      'server CPU, us',
      'logins a core-second',
      'eavesdropper',
      'on-path attacker',
      'another account',
      "thief of the server's database and key",
      'durable writes',
    ],
    rows: [
      ['krb5 timestamp, as it comes', ...cost('krb5 timestamp, as it comes'), ...timestamp, asItComes],
      ['krb5 timestamp, fastest', ...cost('krb5 timestamp, fastest'), ...timestamp, fastest],
      ['krb5 SPAKE, as it comes', ...cost('krb5 SPAKE, as it comes'), ...spake, asItComes],
      ['krb5 SPAKE, fastest', ...cost('krb5 SPAKE, fastest'), ...spake, fastest],
      [`OPAQUE, ${CLIENTS} clients`, ...cost('crowd'), ...ours, 'shared by those at once'],
      ['OPAQUE, one at a time', ...cost('one'), ...ours, 'its own'],
    ],
  }
}
