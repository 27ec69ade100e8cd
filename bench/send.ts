/**
 * How long a person waits for a message to be delivered: the installed command, with a login and with a kept session, and the command as
 * it is run from its sources, beside `ssh host true` with a key, Node doing nothing, and what it may take.
 *
 * @module
 */
import { compare, interleave, runBenchmark } from './harness.ts'
import { installSymbolon } from './installed-symbolon.ts'
import { startSshServer } from './peers/ssh.ts'
import { ended, said, start } from './processes.ts'
import { startToolsRealm } from './tools-realm.ts'

const ROUNDS = 15
/** Milliseconds: what a person is to wait at most. */
const GOALS: Readonly<Record<string, number>> = {
  'symbolon send, with a login': 220,
  'symbolon send, with a kept session': 150,
  'npx tsx src/sender.ts': 800,
}

await runBenchmark('send', async () => {
  const server = await startSshServer()
  const realm = await startToolsRealm(await installSymbolon())
  await said(realm.run(['receive', 'bob', ...realm.password], 'pipe'), /listening on/)
  await ended(realm.run(['login', 'bob', ...realm.password]))
  const message = ['alice', 'bob', 'hi']
  const timed = async (work: () => Promise<void>) => {
    const from = performance.now()
    await work()
    return performance.now() - from
  }
  const measured = await interleave(ROUNDS, {
    'symbolon send, with a login': () =>
      timed(() => ended(realm.run(['send', ...message, ...realm.password]))),
    'symbolon send, with a kept session': () =>
      timed(() => ended(realm.run(['send', 'bob', 'bob', 'hi', ...realm.kdc]))),
    'npx tsx src/sender.ts': () =>
      timed(() => ended(realm.fromSources(['src/sender.ts', ...message, ...realm.password]))),
    'npx tsx -e 0': () => timed(() => ended(realm.fromSources(['-e', '0']))),
    node: () => timed(() => ended(start(process.execPath, ['-e', '0'], { stdio: 'ignore' }))),
    ssh: () =>
      timed(() => ended(start('ssh', [...server.options, server.host, 'true'], { stdio: 'ignore' }))),
  })
  const { ssh, node, ...all } = measured
  const row = { group: 'send', unit: 'ms', better: 'lower' } as const
  const rows = Object.entries(all).flatMap(([what, ours]) => {
    const most = GOALS[what]
    return [
      compare({ ...row, what, against: 'ssh host true', ours, theirs: ssh }),
      compare({ ...row, what, against: 'node -e 0', ours, theirs: node }),
      ...(most === undefined
        ? []
        : [
            compare({
              ...row,
              what,
              against: 'the most it may take',
              goal: 1,
              ours,
              theirs: ours.map(() => most),
            }),
          ]),
    ]
  })
  return { rows }
})
