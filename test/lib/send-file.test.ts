/** Files as programs send and take them: by their paths, directly or stored. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Channel } from '../../src/lib/channel/channel.ts'
import type { FileProgress } from '../../src/lib/connect-or-store.ts'
import { ProtocolError } from '../../src/lib/errors.ts'
import type { PresenceOptions } from '../../src/lib/presence.ts'
import { type ReceivedMessage, receiveMessages } from '../../src/lib/receive.ts'
import type { Session } from '../../src/lib/session.ts'
import { receiveItems } from '../../src/lib/transfer/index.ts'
import { fileStateStore } from '../../src/state/client-state.ts'
import { Arrivals } from '../helpers/channels.ts'
import { Clients } from '../helpers/clients.ts'
import { temporaryDirectory } from '../helpers/kdc.ts'
import { rejects } from '../helpers/throws.ts'

const test = suite('files by their paths')
let clients: Clients
let directory: ReturnType<typeof temporaryDirectory>
let alice: Session
let bob: Session
let path: string
const LARGE = new Uint8Array(600_000).map((_, index) => index % 251)

test.before(async () => {
  clients = await Clients.start('alice', 'bob')
  directory = temporaryDirectory()
  path = join(directory.path, 'report.pdf')
  writeFileSync(path, LARGE)
})
test.after(() => directory.remove())
test.before.each(async () => {
  ;[alice, bob] = [await clients.login('alice'), await clients.login('bob')]
})
test.after.each(() => clients.close())

const inbox = (name: string) => join(directory.path, name)

/** Handles each message; stops after so many. */
function handling(count: number, handle: (message: ReceivedMessage) => unknown) {
  const ended = new AbortController()
  let listens = () => {}
  const listening = new Promise<void>((resolve) => {
    listens = resolve
  })
  const done = (async () => {
    let left = count
    const onChange = ({ state }: { state: string }) => {
      if (state === 'listening') listens()
    }
    for await (const message of bob.messages({ signal: ended.signal, onChange })) {
      await handle(message)
      if (--left === 0) ended.abort()
    }
  })()
  return { listening, done }
}

test('a file for one who is away is stored, and saved from there, with progress', async () => {
  const progress: FileProgress[] = []
  const { route } = await alice.sendFile('bob', path, { onProgress: (one) => progress.push(one) })
  assert.is(route, 'stored')
  assert.equal(progress.at(-1), { name: 'report.pdf', bytes: LARGE.length, size: LARGE.length })
  assert.ok(progress.length > 1)
  await handling(1, async ({ from, file, bytes, text }) => {
    assert.equal([from, file?.kind, file?.name, file?.size], ['alice', 'file', 'report.pdf', LARGE.length])
    assert.equal([text, bytes.length], [undefined, 0])
    assert.equal(await file?.accept(inbox('stored')), {
      path: join(inbox('stored'), 'report.pdf'),
      already: false,
    })
    assert.throws(() => file?.accept(inbox('stored')), /file.accept: it was accepted before/)
  }).done
  assert.equal(new Uint8Array(readFileSync(join(inbox('stored'), 'report.pdf'))), LARGE)
})

test('a file and a directory go directly to one who takes them, between messages, in order', async () => {
  mkdirSync(join(directory.path, 'photos'))
  writeFileSync(join(directory.path, 'photos', 'a.jpg'), 'of a')
  const seen: unknown[] = []
  const { listening, done } = handling(4, async ({ text, file, route }) => {
    seen.push(text ?? file?.name, route)
    // Not waited for: the next message does.
    void file?.accept(inbox('direct'))
  })
  await listening
  const progress: FileProgress[] = []
  await alice.send('bob', 'before')
  assert.equal(await alice.sendFile('bob', path, { onProgress: (one) => progress.push(one) }), {
    route: 'direct',
  })
  assert.equal(progress.at(-1), {
    name: 'report.pdf',
    path: undefined,
    bytes: LARGE.length,
    size: LARGE.length,
  })
  assert.equal(await alice.sendFile('bob', join(directory.path, 'photos')), { route: 'direct' })
  await alice.send('bob', 'after')
  await done
  assert.equal(seen, ['before', 'direct', 'report.pdf', 'direct', 'photos', 'direct', 'after', 'direct'])
  assert.equal(readdirSync(inbox('direct')).sort(), ['photos', 'report.pdf'])
  assert.is(readFileSync(join(inbox('direct'), 'photos', 'a.jpg'), 'utf8'), 'of a')
})

test('a file that is not accepted is refused; one that cannot be read, or has no keeper, is an error', async () => {
  const { listening, done } = handling(1, () => {})
  await listening
  await rejects(alice.sendFile('bob', path), 'file_refused')
  await done
  await rejects(alice.sendFile('bob', join(directory.path, 'none')), 'file_not_readable')
  await rejects(alice.sendFile('bob', join(directory.path, 'photos')), 'file_too_large')
})

test('a file whose sender is gone before it is accepted is an error, and nothing waits for it', async () => {
  let served: Promise<void> | undefined
  let listens = () => {}
  const listening = new Promise<void>((resolve) => {
    listens = resolve
  })
  const session = {
    username: 'bob',
    listen: (options: PresenceOptions) =>
      bob.listen({
        ...options,
        onChannel: async (channel) => {
          served = Promise.resolve(options.onChannel(channel))
          await served
        },
      }),
  }
  const onChange = ({ state }: { state: string }) => {
    if (state === 'listening') listens()
  }
  const messages = receiveMessages(session, bob.mailbox, { onChange }, new AbortController().signal)
  const first = messages.next()
  await listening
  const gone = new AbortController()
  const sending = alice.sendFile('bob', path, { signal: gone.signal })
  const { file } = (await first).value ?? {}
  gone.abort(Object.assign(new Error('gone'), { code: 'gone' }))
  await rejects(sending, 'gone')
  await rejects(served ?? Promise.resolve(), 'channel_aborted')
  const calls: string[] = []
  const sink = {
    start: async () => {},
    write: async () => {},
    finish: async () => {},
    abandon: async () => void calls.push('abandoned'),
  }
  const pending = new Promise((resolve) => setImmediate(resolve, 'pending'))
  await rejects(Promise.race([file?.accept(sink), pending]), 'channel_aborted')
  assert.equal(calls, ['abandoned'])
  await messages.return()
})

test('a sender that never comes to an end does not keep a receiver that is told to stop', async () => {
  const stop = new AbortController()
  let listens = () => {}
  const listening = new Promise<void>((resolve) => {
    listens = resolve
  })
  const onChange = ({ state }: { state: string }) => {
    if (state === 'listening') listens()
  }
  let accepted: Promise<unknown> | undefined
  const done = (async () => {
    for await (const { file } of bob.messages({ signal: stop.signal, onChange })) {
      accepted = file?.accept(inbox('endless'))
      accepted?.catch(() => {})
    }
  })()
  await listening
  const content = {
    size: 1_000_000,
    // The beginning, and then nothing more.
    read: (into: Uint8Array, position: number) => {
      if (position === 0) return Promise.resolve(Math.min(into.length, 1000))
      stop.abort()
      return new Promise<number>(() => {})
    },
    close: async () => {},
  }
  const sending = alice.sendFile('bob', { kind: 'file', name: 'endless', open: async () => content })
  sending.catch(() => {})
  await done
  await rejects(accepted ?? Promise.resolve(), 'channel_closed')
  await rejects(sending, 'outcome_unknown')
})

test('what a receiver says of a file is not taken for the word of the KDC', async () => {
  let code = ''
  const onChannel = async (channel: Channel) =>
    void (await receiveItems(channel.stream(), async () => ({ refused: code })))
  await using _presence = await bob.listen({ onChannel })
  for (code of ['kdc_key_changed', 'login_refused', 'state_damaged', 'nonsense']) {
    await rejects(alice.sendFile('bob', path), 'file_refused')
  }
  code = 'file_too_large'
  await rejects(alice.sendFile('bob', path), 'file_too_large')
})

test('a file that is left at the KDC while its receiver fails to save it can be had when it comes again', async () => {
  await alice.sendFile('bob', path)
  writeFileSync(inbox('in the way'), '')
  const messages = bob.messages({ listen: false })
  const { value } = await messages.next()
  await rejects(Promise.resolve(value?.file?.accept(inbox('in the way'))), 'file_not_saved')
  await messages.return()
  await handling(1, ({ file }) => file?.accept(inbox('again'))).done
  assert.equal(readdirSync(inbox('again')), ['report.pdf'])
})

test('a file whose bytes go nowhere is had by the next run, and not offered again in this one', async () => {
  await alice.sendFile('bob', path)
  await alice.send('bob', 'after')
  writeFileSync(inbox('still in the way'), '')
  const seen: string[] = []
  await handling(2, async ({ file, text }) => {
    seen.push(file?.name ?? text ?? '')
    await file?.accept(inbox('still in the way')).catch(({ code }) => seen.push(code))
  }).done
  assert.equal(seen, ['report.pdf', 'file_not_saved', 'after'])
  await handling(1, ({ file }) => file?.accept(inbox('next run'))).done
  assert.equal(readdirSync(inbox('next run')), ['report.pdf'])
  // It is handled now.
  await alice.send('bob', 'last')
  await handling(1, ({ text }) => assert.is(text, 'last')).done
})

test('a file that is not at the KDC, or is another one there, is handled: that will not be better', async () => {
  for (const code of ['file_damaged', 'file_unknown'] as const) {
    await alice.sendFile('bob', path)
    await alice.send('bob', 'after')
    const write = async () => {
      throw new ProtocolError(code, 'as fetching it may say')
    }
    const sink = { start: async () => {}, write, finish: async () => {}, abandon: async () => {} }
    await handling(1, ({ file }) => rejects(Promise.resolve(file?.accept(sink)), code)).done
    await handling(1, ({ text }) => assert.is(text, 'after')).done
  }
})

test('a sink of one’s own takes the bytes', async () => {
  const pieces = new Arrivals<string>()
  const sinkOf = (write: (bytes: Uint8Array) => Promise<void>) => ({
    start: async () => {},
    write,
    finish: async () => pieces.push('finished'),
    abandon: async () => pieces.push('abandoned'),
  })
  let bytes = 0
  const { listening, done } = handling(1, async ({ file }) => {
    const write = async (piece: Uint8Array) => {
      bytes += piece.length
    }
    await file?.accept(sinkOf(write))
  })
  await listening
  await alice.sendFile('bob', path)
  await done
  assert.is(await pieces.next(), 'finished')
  assert.is(bytes, LARGE.length)
})

test('a group’s file reaches its members; the state may be on disk', async () => {
  const state = fileStateStore(inbox('state'))
  const carol = await clients.login('alice', { state })
  const friends = await carol.groups.create('disk', ['bob'])
  assert.equal(await friends.sendFile(path), { route: 'stored' })
  await carol.logout()
  await handling(1, async ({ group, file }) => {
    assert.is(group, 'disk')
    await file?.accept(inbox('group'))
  }).done
  const again = await clients.login('alice', { state: fileStateStore(inbox('state')) })
  const group = await again.groups.get('disk')
  assert.equal(await group.members(), ['alice', 'bob'])
  assert.equal(
    (await group.history()).map(({ kind }) => kind),
    ['file'],
  )
  await group.remove(['bob'])
  assert.equal(await group.members(), ['alice'])
  await rejects(group.leave(), 'not_allowed')
  await group.destroy()
  assert.is((await again.groups.list()).find(({ name }) => name === 'disk')?.status, 'destroyed')
  await rejects(again.groups.get('none'), 'group_unknown')
  await again.logout()
})

test.run()
