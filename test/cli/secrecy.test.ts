/** A whole run, listened to: no secret of it may be in what any program writes, or shows to others on the machine. */
import { execFileSync } from 'node:child_process'
import * as net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PASSWORD, Realm } from '../helpers/realm.ts'

const test = suite('secrecy of a whole run')

/** Passes everything on to `port`, and keeps it. */
async function recorder(port: number) {
  let recorded = ''
  const server = net.createServer((client) => {
    const kdc = net.connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, kdc],
      [kdc, client],
    ] as const) {
      from.on('data', (data) => {
        recorded += data
        to.write(data)
      })
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    /** Every value that a field of this name had. */
    values: (field: string) =>
      [...recorded.matchAll(new RegExp(`"${field}":"([^"]+)"`, 'g'))].map((m) => m[1] ?? ''),
    close: () => server.close(),
  }
}

test('no password, token, secret, ticket or message is in any output, log or process list', async () => {
  const realm = await Realm.start('alice', 'bob')
  const wire = await recorder(Number(new URL(realm.url).port))
  try {
    realm.url = wire.url
    const words = 'between the two of us'
    const bob = await realm.receiver('bob', '--trace')
    await realm.tool('sender', 'alice', 'bob', '-', '--trace').input(words).ends(0)
    await realm.tool('sender', 'alice', 'bob', '-', '--trace', '--json').input(words).ends(0)
    const processes =
      process.platform === 'win32' ? '' : execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    await bob.stop()
    await realm.stopKdc()

    const hidden = ['token', 'secret', 'senderinfo'].flatMap((field) => wire.values(field))
    assert.ok(hidden.length >= 7, `the recording works: ${hidden.length} values`)
    const output = realm.output()
    assert.match(output, hidden[0]?.slice(0, 6) ?? 'nothing', 'a trace shows the beginning of each')
    for (const value of [...new Set(hidden), PASSWORD]) {
      assert.not.ok(output.includes(value), 'in the output')
      assert.not.ok(processes.includes(value), 'in the process list')
    }
    // What was said is at bob's, twice, and nowhere else.
    assert.is(output.split(words).length - 1, 2)
    assert.is(bob.stdout, `alice: ${words}\nalice: ${words}\n`)
  } finally {
    wire.close()
    await realm.close()
  }
})

test.run()
