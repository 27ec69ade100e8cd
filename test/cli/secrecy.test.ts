/** A whole run, listened to: no secret of it may be on the wire to the KDC, in what any program writes, or in `ps`. */
import { execFileSync } from 'node:child_process'
import * as net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PASSWORD, Realm } from '../helpers/realm.ts'

const test = suite('secrecy of a whole run')

/** Passes everything on to `port`, and keeps it. */
async function recorder(port: number) {
  const recorded: Buffer[] = []
  const server = net.createServer((client) => {
    const kdc = net.connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, kdc],
      [kdc, client],
    ] as const) {
      from.on('data', (data) => {
        recorded.push(data)
        to.write(data)
      })
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    recorded: () => Buffer.concat(recorded),
    close: () => server.close(),
  }
}

test('no password, token, secret, ticket or message can be read anywhere but where it belongs', async () => {
  const realm = await Realm.start('alice', 'bob')
  const wire = await recorder(Number(new URL(realm.url).port))
  try {
    realm.url = wire.url
    realm.trust(wire.url)
    const words = 'between the two of us'
    const bob = await realm.receiver('bob', '--trace')
    await realm.tool('sender', 'alice', 'bob', '-', '--trace').input(words).ends(0)
    await realm.tool('sender', 'alice', 'bob', '-', '--trace', '--json').input(words).ends(0)

    // One that waits for its acknowledgement, because bob's output is stuck, while the process list is taken.
    bob.child.stdout.pause()
    const waiting = realm.tool('sender', 'alice', 'bob', '-', '--trace').input('x'.repeat(1_000_000))
    await waiting.says('stderr', /message {2}bytes=1000000/)
    const processes =
      process.platform === 'win32' ? '' : execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    if (processes) assert.match(processes, 'src/sender.ts', 'the list was taken while a sender ran')
    assert.not.ok(processes.includes('x'.repeat(100)), 'the message in the process list')
    bob.child.stdout.resume()
    await waiting.ends(0)
    await bob.stop()
    await realm.stopKdc()

    const recorded = wire.recorded()
    for (const path of ['/login/start', '/login/finish', '/listen', '/userinfo', '/logout']) {
      assert.ok(recorded.includes(`POST ${path} `), `the recording works: ${path}`)
    }
    for (const hidden of [PASSWORD, words, '"token"', '"secret"', '"senderinfo"', '"receiver"', '"port"']) {
      assert.not.ok(recorded.includes(hidden), `${hidden} on the wire to the KDC`)
      if (processes) assert.not.ok(processes.includes(hidden), `${hidden} in the process list`)
    }
    // The KDC's key is public. Anything else of that length would be a key, a token or a ticket.
    const output = realm
      .output()
      .replace(/its key is \S+/g, '')
      .replaceAll('x'.repeat(1_000_000), '')
    assert.match(output, /secret=[\w-]{6}…/, 'a trace shows the beginning')
    assert.not.match(output, /[\w-]{22,}/, 'and no more of any key')
    assert.not.ok(output.includes(PASSWORD))
    // What was said is at bob's, twice, and nowhere else.
    assert.is(output.split(words).length - 1, 2)
    assert.ok(bob.stdout.startsWith(`alice: ${words}\nalice: ${words}\n`))
  } finally {
    wire.close()
    await realm.close()
  }
})

test.run()
