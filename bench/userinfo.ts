/**
 * What an answer to `/userinfo` costs the KDC, beside a handler of the same shape on bare Hono.
 *
 * @module
 */
import { compare, interleave, runBenchmark } from './harness.ts'
import { Load, type Server, startBareHono, startKdc, userinfoRequest } from './kdc.ts'
import { cpuTime } from './processes.ts'

const CLIENTS = 8
const REQUESTS = 2000
/** The bare handler is cheaper, and its time is counted in hundredths of a second. */
const BARE_REQUESTS = 3 * REQUESTS
const ROUNDS = 7

await runBenchmark('userinfo', async () => {
  const [kdc, bare] = [await startKdc(), await startBareHono()]
  const loads = [new Load(kdc.url, CLIENTS), new Load(bare.url, CLIENTS)] as const
  const request = await userinfoRequest(kdc.url)
  const bareRequest = JSON.stringify({ username: 'alice', token: 'alice', receiver: 'bob' })
  const measured = await interleave(ROUNDS, {
    kdc: () => measure(kdc, loads[0], request, REQUESTS),
    bare: () => measure(bare, loads[1], bareRequest, BARE_REQUESTS),
  })
  await Promise.all(loads.map((load) => load.close()))
  const row = { against: 'bare Hono, same shape' }
  const pick = (key: 'cpu' | 'perSecond') => ({
    ours: measured.kdc.map((round) => round[key]),
    theirs: measured.bare.map((round) => round[key]),
  })
  return {
    rows: [
      compare({
        ...row,
        what: '/userinfo, server CPU an answer',
        unit: 'us',
        better: 'lower',
        ...pick('cpu'),
      }),
      compare({
        ...row,
        what: '/userinfo, answers at 8 clients',
        unit: '/s',
        better: 'higher',
        ...pick('perSecond'),
      }),
    ],
    notes: process.platform === 'linux' ? [] : ['CPU time is read from /proc: there is none on this system'],
  }
})

async function measure({ pid }: Server, load: Load, body: string, count: number) {
  const before = cpuTime(pid)
  const seconds = await load.run('/userinfo', body, count)
  return { cpu: (cpuTime(pid) - before) / count, perSecond: count / seconds }
}
