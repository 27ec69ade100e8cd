/**
 * How long a person waits for a message to be delivered: the installed command, with a login and with a kept session, and the command as
 * it is run from its sources, beside `ssh host true` with a key.
 *
 * @module
 */
import { compare, interleave, runBenchmark } from './harness.ts'
import { installSymbolon } from './installed-symbolon.ts'
import { startSshServer } from './peers/ssh.ts'
import { ended, said, start } from './processes.ts'
import { startToolsRealm } from './tools-realm.ts'

const ROUNDS = 15

await runBenchmark('send', async () => {
  const ssh = await startSshServer()
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
    ssh: () => timed(() => ended(start('ssh', [...ssh.options, ssh.host, 'true'], { stdio: 'ignore' }))),
  })
  const { ssh: theirs, ...ours } = measured
  const rows = Object.entries(ours).map(([what, ours]) =>
    compare({ what, group: 'send', unit: 'ms', better: 'lower', against: 'ssh host true', ours, theirs }),
  )
  return { rows }
})
