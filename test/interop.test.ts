/**
 * This project's tools and an independent client in Python (test/interop/symbolon.py), in both directions, by way of a
 * real KDC.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import * as net from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { login, receiveItems } from '../src/lib/index.ts'
import type { Channel } from '../src/lib/protocol.ts'
import { needs, pythonWith } from './helpers/needs.ts'
import { Program } from './helpers/program.ts'
import { PASSWORD, Realm } from './helpers/realm.ts'
import { Place } from './helpers/transfer-memory.ts'

const CLIENT = fileURLToPath(new URL('interop/symbolon.py', import.meta.url))
const CLIENT_TEST = fileURLToPath(new URL('interop/symbolon_test.py', import.meta.url))
const NOT_ASCII = 'Grüße, 世界 👋'
/** 200 kB in several parts, whose borders fall inside characters. */
const LARGE = 'x😀é'.repeat(Math.ceil(200_000 / 7))

const python = pythonWith('cryptography')
const withPython = needs(
  'python3-cryptography',
  () => python !== undefined,
  'apt-get install python3-cryptography',
)

const interop = suite('interop')
let realm: Realm

interop.before(async () => {
  realm = await Realm.start('alice', 'bob', 'carol')
})

interop.after(() => realm.close())

/** The Python client. */
function client(...args: string[]): Program {
  return new Program(python ?? '', [CLIENT, ...args], realm.env)
}

const pythonSends = (...message: string[]) =>
  client('send', realm.url, 'alice', realm.passwordFile, 'bob', ...message)

async function pythonReceives(): Promise<Program> {
  const receiver = client('receive', realm.url, 'bob', realm.passwordFile, '--once').input()
  await receiver.says('stderr', /^symbolon\.py: listening on (127\.0\.0\.1:\d+)$/m)
  return receiver
}

for (const [what, message] of [
  ['a message', 'hi'],
  ['a message that is not ASCII', NOT_ASCII],
  ['a message of several parts', LARGE],
  ['the longest message', 'm'.repeat(1024 * 1024)],
] as const) {
  withPython(interop)(`the Python client sends ${what} to our receiver`, async () => {
    const receiver = await realm.receiver('bob')
    await pythonSends('-').input(message).ends(0)
    // It has been acknowledged, so it has been written.
    await receiver.stop()
    assert.ok(receiver.stdout === `alice: ${message}\n`, `printed: ${receiver.stdout.slice(0, 200)}`)
    await receiver.ends(0)
  })

  withPython(interop)(`our sender sends ${what} to the Python client`, async () => {
    const receiver = await pythonReceives()
    await realm.tool('sender', 'alice', 'bob', '-').input(message).ends(0)
    await receiver.ends(0)
    assert.ok(receiver.stdout === `alice: ${message}\n`, `printed: ${receiver.stdout.slice(0, 200)}`)
  })
}

withPython(interop)('a message given as an argument arrives, in both directions', async () => {
  const ours = await realm.receiver('bob')
  await pythonSends('hi').input().ends(0)
  await ours.stop()
  assert.is(ours.stdout, 'alice: hi\n')

  const theirs = await pythonReceives()
  await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(0)
  await theirs.ends(0)
  assert.is(theirs.stdout, 'alice: hi\n')
})

interface PythonSends {
  readonly how: '--stream' | '--file'
  readonly what: string
  readonly input?: Uint8Array
  readonly status?: number
}

/** What a program of ours, as bob, makes of the channel that the Python client opens. */
async function pythonSendsTo<T>(
  { how, what, input, status = 0 }: PythonSends,
  handle: (channel: Channel) => Promise<T>,
): Promise<{ result: T; sender: Program }> {
  const results: Promise<T>[] = []
  const bob = await login(realm.url, 'bob', PASSWORD)
  const presence = await bob.listen({
    onChannel: async (channel) => {
      const result = handle(channel)
      results.push(result)
      await result
    },
  })
  try {
    const who = [realm.url, 'alice', realm.passwordFile, 'bob']
    const sender = await client('send', how, ...who, what)
      .input(input)
      .ends(status)
    assert.is(results.length, 1)
    return { result: await (results[0] as Promise<T>), sender }
  } finally {
    await presence.close()
  }
}

/** Longer than many transport messages, and no whole number of them. */
const LONG = randomBytes(1_000_001)

for (const [what, bytes] of [
  ['a stream', LONG],
  ['an empty stream', new Uint8Array(0)],
] as const) {
  withPython(interop)(
    `the Python client sends ${what}, which a program of ours reads to its end`,
    async () => {
      const { result } = await pythonSendsTo({ how: '--stream', what: '-', input: bytes }, (channel) =>
        buffer(channel.stream()),
      )
      assert.ok(result.equals(bytes))
    },
  )

  withPython(interop)(
    `a program of ours sends ${what}, which the Python client reads to its end`,
    async () => {
      const receiver = client('receive', '--stream', realm.url, 'bob', realm.passwordFile, '--once').input()
      receiver.child.stdout.setEncoding('latin1')
      await receiver.says('stderr', /listening on/)
      const alice = await login(realm.url, 'alice', PASSWORD)
      const channel = await alice.connect('bob')
      const stream = channel.stream()
      stream.end(bytes)
      // The peer has read all of it then.
      await once(stream, 'finish')
      await channel.close()
      await alice.logout()
      await receiver.ends(0)
      assert.ok(Buffer.from(receiver.stdout, 'latin1').equals(bytes))
    },
  )
}

/** A file that the Python client sends, and what the library makes of it. */
async function pythonSendsFile(bytes: Uint8Array, place: Place, status = 0) {
  const file = join(realm.home, 'film.bin')
  writeFileSync(file, bytes)
  return pythonSendsTo({ how: '--file', what: file, status }, (channel) =>
    receiveItems(channel.stream(), place.take),
  )
}

for (const [what, size] of [
  ['an empty file', 0],
  ['a file that is sent without asking', 64 * 1024],
  ['a file that is asked for first', 64 * 1024 + 1],
  ['a long file', LONG.length],
] as const) {
  withPython(interop)(`the Python client sends ${what}, which the library receives`, async () => {
    const place = new Place()
    const { result } = await pythonSendsFile(LONG.subarray(0, size), place)
    assert.equal(result, { saved: 1, failed: 0, bytes: size })
    assert.ok(place.saved.get('film.bin')?.equals(LONG.subarray(0, size)))
  })
}

withPython(interop)(
  'the Python client goes on where a file was cut, and only if it is the same',
  async () => {
    for (const [held, crossed] of [
      [LONG.subarray(0, 300_000), LONG.length - 300_000],
      [Buffer.alloc(300_000), LONG.length],
    ] as const) {
      const place = new Place()
      place.held.set('film.bin', held)
      const { result } = await pythonSendsFile(LONG, place)
      assert.equal(result, { saved: 1, failed: 0, bytes: crossed })
      assert.ok(place.saved.get('film.bin')?.equals(LONG))
    }
  },
)

withPython(interop)('the Python client tells why a file was not saved', async () => {
  for (const size of [3, LONG.length]) {
    for (const at of ['start', 'write', 'finish'] as const) {
      const place = new Place()
      place.faults.set(at, 'file_refused')
      const { sender } = await pythonSendsFile(LONG.subarray(0, size), place, 1)
      assert.is(sender.stderr, 'symbolon.py: error: file_refused\n')
      assert.is(place.saved.size, 0)
    }
  }
})

/** Between the Python client and the KDC: sees everything that crosses. */
async function wiretap(): Promise<{ url: string; heard(): string; close(): Promise<void> }> {
  const chunks: Buffer[] = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((client) => {
    const kdc = net.connect(Number(new URL(realm.url).port), '127.0.0.1')
    for (const [from, to] of [
      [client, kdc],
      [kdc, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => {
        chunks.push(data)
        to.write(data)
      })
      from.on('end', () => to.end())
      from.on('close', () => to.destroy())
      from.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    heard: () => Buffer.concat(chunks).toString('latin1'),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Each request of a client, with its media type. */
const asked = (heard: string) =>
  [...heard.matchAll(/POST (\/\w+) HTTP\/1[\s\S]*?\r\ncontent-type: (\S+)\r\n/gi)].map(([, path, type]) => [
    path,
    type,
  ])

const JSON_TYPE = 'application/json'
const SEALED = 'application/vnd.symbolon.sealed'

/** What a request or a reply says that is sealed, and a login does not. */
const HIDDEN = /senderinfo|"secret"|"receiver"|"port"|"ip_addr"/

for (const [how, type, options] of [
  ['sealed', SEALED, ['--sealed']],
  ['plain', JSON_TYPE, []],
] as const) {
  withPython(interop)(`the Python client sends to our receiver, by ${how} requests`, async () => {
    const tap = await wiretap()
    try {
      const receiver = await realm.receiver('bob')
      await client('send', ...options, tap.url, 'alice', realm.passwordFile, 'bob', 'hi')
        .input()
        .ends(0)
      await receiver.stop()
      assert.is(receiver.stdout, 'alice: hi\n')
      const expected = ['/userinfo', '/logout'].map((path) => [path, type])
      assert.equal(asked(tap.heard()), [['/login', JSON_TYPE], ...expected])
      assert.is(HIDDEN.test(tap.heard()), how === 'plain')
    } finally {
      await tap.close()
    }
  })

  withPython(interop)(`our sender sends to the Python client, by ${how} requests`, async () => {
    const tap = await wiretap()
    try {
      const receiver = client('receive', ...options, tap.url, 'bob', realm.passwordFile, '--once').input()
      await receiver.says('stderr', /listening on/)
      await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(0)
      await receiver.ends(0)
      assert.is(receiver.stdout, 'alice: hi\n')
      // In clear, where it listens is part of the login.
      const expected = (how === 'sealed' ? ['/listen', '/logout'] : ['/logout']).map((path) => [path, type])
      assert.equal(asked(tap.heard()), [['/login', JSON_TYPE], ...expected])
      assert.is(HIDDEN.test(tap.heard()), how === 'plain')
    } finally {
      await tap.close()
    }
  })
}

withPython(interop)('two Python clients talk, and only their logins can be read', async () => {
  const tap = await wiretap()
  try {
    const receiver = client('receive', '--sealed', tap.url, 'bob', realm.passwordFile, '--once').input()
    await receiver.says('stderr', /listening on/)
    await client('send', '--sealed', tap.url, 'alice', realm.passwordFile, 'bob', NOT_ASCII).input().ends(0)
    await receiver.ends(0)
    assert.is(receiver.stdout, `alice: ${NOT_ASCII}\n`)
    assert.not.match(tap.heard(), HIDDEN)
  } finally {
    await tap.close()
  }
})

withPython(interop)('a sealed problem is told by its code', async () => {
  const who = ['alice', realm.passwordFile, 'carol']
  const sender = await client('send', '--sealed', realm.url, ...who, 'hi')
    .input()
    .ends(1)
  assert.is(sender.stderr, 'symbolon.py: error: receiver_offline\n')
})

withPython(interop)('the Python client fails, with the code of the KDC, when nobody listens', async () => {
  // Carol has never logged in, whatever the other tests left behind.
  const sender = await client('send', realm.url, 'alice', realm.passwordFile, 'carol', 'hi').input().ends(1)
  assert.is(sender.stderr, 'symbolon.py: error: receiver_offline\n')
  assert.is(sender.stdout, '')
})

withPython(interop)('the Python client agrees with the vectors', async () => {
  await new Program(python ?? '', [CLIENT_TEST], realm.env).input().ends(0)
})

interop.run()
