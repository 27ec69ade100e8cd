/** Files over a stream, with one who does not keep to the protocol at the other end. docs/protocol.md §8. */
import { type Duplex, duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toBase64url } from '../../../src/lib/bytes.ts'
import { turn } from '../../../src/lib/pacing/event-loop.ts'
import {
  type FileSink,
  type ItemResult,
  receiveItems,
  sendItems,
  type TransferItem,
  type TransferSource,
} from '../../../src/lib/transfer/index.ts'
import { rejects } from '../../helpers/throws.ts'
import { file, Place, pair, pattern, sha256, tree } from '../../helpers/transfer-memory.ts'

const attacks = suite('attacks on transfers')

function frame(type: number, body: object | Uint8Array | string = {}, length?: number): Buffer {
  const bytes = Buffer.from(
    body instanceof Uint8Array ? body : typeof body === 'string' ? body : JSON.stringify(body),
  )
  const header = Buffer.alloc(5)
  header.writeUInt8(type)
  header.writeUInt32BE(length ?? bytes.length, 1)
  return Buffer.concat([header, bytes])
}

const begin = frame(0x01, { transfer: 2 })
const item = (fields: object) => frame(0x02, fields)
const start = (from: number) => frame(0x03, { from })
const data = (bytes: Uint8Array) => frame(0x04, bytes)
const end = (bytes: Uint8Array) => frame(0x05, { sha256: toBase64url(sha256(bytes)) })
const cancel = (code = 'file_changed') => frame(0x06, { code })
const close = frame(0x07)
const done = frame(0x08)
const ready = (fields: object = { from: 0 }) => frame(0x11, fields)
const saved = frame(0x12)
const refused = (code = 'file_refused') => frame(0x13, { code })

const five = pattern(5)
const small = (fields: object = {}) => item({ kind: 'file', name: 'f', size: 5, ...fields })
const inTree = (path: unknown, fields: object = { kind: 'file', size: 5 }) => item({ path, ...fields })
const openTree = item({ kind: 'directory', name: 't' })

/** What a receiver makes of these bytes, and of the line's staying open after them. */
async function receive(bytes: Uint8Array[], place = new Place(), options = {}) {
  const [alice, bob] = pair()
  const answers: Buffer[] = []
  alice.on('data', (chunk) => answers.push(chunk))
  for (const piece of bytes) alice.write(piece)
  const fates: [TransferItem, ItemResult][] = []
  const received = receiveItems(bob, place.take, {
    ...options,
    onResult: (about, fate) => fates.push([about, fate]),
  })
  return { received, alice, bob, place, fates, answers }
}

const HUGE = 0xffffffff
const never: Record<string, Uint8Array[]> = {
  'another type first': [small()],
  'a type that there is not': [begin, frame(0x00)],
  'a type of the receiver’s': [begin, saved],
  'a beginning twice': [begin, begin],
  'a beginning that is not JSON': [frame(0x01, '{')],
  'a beginning that is not UTF-8': [frame(0x01, Buffer.from([0x22, 0xff, 0x22]))],
  'a beginning without a version': [frame(0x01, {})],
  'a beginning with a field too many': [frame(0x01, { transfer: 2, items: 1 })],
  'a beginning with less than no files': [frame(0x01, { transfer: 2, files: -1 })],
  'a beginning with half a file': [frame(0x01, { transfer: 2, files: 0.5 })],
  'a beginning with 2^53 files': [frame(0x01, { transfer: 2, files: 2 ** 53 })],
  'a beginning with text for files': [frame(0x01, { transfer: 2, files: '1' })],
  'a beginning with less than no bytes': [frame(0x01, { transfer: 2, bytes: -1 })],
  'a beginning with half a byte': [frame(0x01, { transfer: 2, bytes: 0.5 })],
  'a beginning with 2^53 bytes': [frame(0x01, { transfer: 2, bytes: 2 ** 53 })],
  'a beginning with 1e400 bytes': [frame(0x01, '{"transfer":2,"bytes":1e400}')],
  'a beginning with null for bytes': [frame(0x01, { transfer: 2, bytes: null })],
  'a frame longer than 32 KiB': [begin, frame(0x02, '', 32 * 1024 + 1)],
  'a frame of 4 GiB': [begin, frame(0x02, '', HUGE)],
  'a frame of an unknown type and 4 GiB': [frame(0xff, '', HUGE)],
  'data of more than 1 MiB': [
    begin,
    item({ kind: 'file', name: 'f', size: 5e6 }),
    start(0),
    frame(0x04, '', 1024 * 1024 + 1),
  ],
  'an item that is a list': [begin, item([])],
  'an item that is null': [begin, frame(0x02, 'null')],
  'an item of no kind': [begin, item({ name: 'f', size: 5 })],
  'an item of another kind': [begin, item({ kind: 'link', name: 'f', size: 5 })],
  'an item without a name': [begin, item({ kind: 'file', size: 5 })],
  'an item with an empty name': [begin, small({ name: '' })],
  'an item with a name of 1025 bytes': [begin, small({ name: `${'ä'.repeat(512)}x` })],
  'an item with a number for a name': [begin, small({ name: 1 })],
  'an item with a field too many': [begin, small({ mode: 0o4755 })],
  'an item below 0 bytes': [begin, small({ size: -1 })],
  'an item with half a byte': [begin, small({ size: 0.5 })],
  'an item of 2^53 bytes': [begin, small({ size: 2 ** 53 })],
  'an item of 1e400 bytes': [begin, frame(0x02, '{"kind":"file","name":"f","size":1e400}')],
  'an item whose size is text': [begin, small({ size: '5' })],
  'a directory with a size': [begin, item({ kind: 'directory', name: 't', size: 5 })],
  'a name and a path': [begin, item({ kind: 'file', name: 'f', path: ['f'], size: 5 })],
  'a path outside of a directory': [begin, inTree(['f'])],
  'a name inside of a directory': [begin, openTree, small()],
  'a directory inside of a directory, by name': [begin, openTree, openTree],
  'an empty path': [begin, openTree, inTree([])],
  'a path with an empty name': [begin, openTree, inTree(['a', ''])],
  'a path of 65 names': [begin, openTree, inTree(Array(65).fill('a'))],
  'a path of more than 4096 bytes': [begin, openTree, inTree(Array(5).fill('x'.repeat(820)))],
  'a path that is text': [begin, openTree, inTree('a/b')],
  'bytes inside of a directory': [begin, openTree, inTree(['a'], { kind: 'bytes', size: 5 })],
  'an unknown size inside of a directory': [begin, openTree, inTree(['a'], { kind: 'file' })],
  'data without an item': [begin, data(five)],
  'an end without an item': [begin, end(five)],
  'a start without an item': [begin, start(0)],
  'a cancel without an item': [begin, cancel()],
  'a close without a directory': [begin, close],
  'done within a directory': [begin, openTree, done],
  'done within a file': [begin, small(), done],
  'close within a file': [begin, openTree, inTree(['a']), close],
  'an item within an item': [begin, small(), small()],
  'a start where nothing was asked': [begin, small(), start(0)],
  'empty data': [begin, small(), data(Buffer.alloc(0))],
  'data beyond the size': [begin, small(), data(pattern(6))],
  'data beyond the size, later': [begin, small(), data(five), data(pattern(1))],
  'data for an empty file': [begin, small({ size: 0 }), data(pattern(1))],
  'an end too early': [begin, small(), data(pattern(4)), end(pattern(4))],
  'an end with a hash of 31 bytes': [
    begin,
    small(),
    data(five),
    frame(0x05, { sha256: toBase64url(Buffer.alloc(31)) }),
  ],
  'an end with no hash': [begin, small(), data(five), frame(0x05)],
  'an end with a hash in hexadecimal': [
    begin,
    small(),
    data(five),
    frame(0x05, { sha256: sha256(five).toString('hex') }),
  ],
  'a code in capitals': [begin, small(), cancel('WHY')],
  'a code of 65 letters': [begin, small(), cancel('a'.repeat(65))],
  'an empty code': [begin, small(), cancel('')],
  'a code that a terminal would obey': [begin, small(), cancel('\x1b[2J')],
  'large data before start': [begin, item({ kind: 'file', name: 'f', size: 300_000 }), data(pattern(10))],
  'an end in place of start': [begin, item({ kind: 'file', name: 'f' }), end(Buffer.alloc(0))],
  'a start twice': [begin, item({ kind: 'file', name: 'f' }), start(0), start(0)],
  'a start elsewhere': [begin, item({ kind: 'file', name: 'f', size: 300_000 }), start(1)],
  'a start below 0': [begin, item({ kind: 'file', name: 'f', size: 300_000 }), start(-1)],
  'something after done': [begin, done, begin],
}

for (const [what, bytes] of Object.entries(never)) {
  attacks(`a receiver refuses ${what}`, async () => {
    const { received, bob, place, alice } = await receive(bytes)
    await rejects(received, 'malformed')
    assert.ok(bob.destroyed)
    assert.is(place.saved.size, 0)
    alice.destroy()
  })
}

attacks('a receiver refuses another version, and says which', async () => {
  for (const version of [1, 3, 2 ** 32]) {
    const { received } = await receive([frame(0x01, { transfer: version, more: 'of later versions' })])
    await rejects(received, 'version_unknown')
  }
  for (const version of [0, -1, 1.5, '1', null]) {
    await rejects((await receive([frame(0x01, { transfer: version })])).received, 'malformed')
  }
})

attacks('where a start is elsewhere than what is held, it is refused', async () => {
  for (const from of [1, 9_999, 10_001, 300_000]) {
    const place = new Place()
    place.held.set('f', pattern(10_000))
    const { received } = await receive(
      [begin, item({ kind: 'file', name: 'f', size: 300_000 }), start(from)],
      place,
    )
    await rejects(received, 'malformed')
    assert.equal(place.log, ['abandon f given_up'])
  }
})

attacks('a receiver never finishes what has another hash', async () => {
  for (const size of [5, 300_000]) {
    const place = new Place()
    const bytes = pattern(size)
    const wrong = end(pattern(size, 1))
    const [alice, bob] = pair()
    alice.write(
      Buffer.concat([
        begin,
        small({ size }),
        ...(size > 262_144 ? [start(0)] : []),
        data(bytes),
        wrong,
        done,
      ]),
    )
    alice.end()
    alice.resume()
    const fates: ItemResult[] = []
    await receiveItems(bob, place.take, { onResult: (_, fate) => fates.push(fate) })
    assert.match(JSON.stringify(fates), /"code":"file_damaged"/)
    assert.is(place.saved.size, 0)
    assert.is(place.log.at(-1), 'abandon f given_up')
  }
})

attacks('a sender that resumes something else does not get it finished', async () => {
  const place = new Place()
  const held = pattern(10_000)
  place.held.set('f', held)
  const rest = pattern(290_000, 7)
  const [alice, bob] = pair()
  // The hash of what alice says the whole is, which is not what begins with what bob has.
  const whole = Buffer.concat([pattern(10_000, 3), rest])
  alice.write(Buffer.concat([begin, small({ size: 300_000 }), start(10_000), data(rest), end(whole), done]))
  alice.end()
  alice.resume()
  const fates: ItemResult[] = []
  await receiveItems(bob, place.take, { onResult: (_, fate) => fates.push(fate) })
  assert.match(JSON.stringify(fates), /"code":"file_damaged"/)
  assert.is(place.saved.size, 0)
})

attacks('a directory is not finished when an entry was not, whatever its sender says', async () => {
  for (const entry of [
    [inTree(['a']), cancel()],
    [inTree(['a']), data(five), end(pattern(5, 1))],
    [inTree(['large'], { kind: 'file', size: 2e9 })],
  ]) {
    const place = new Place()
    const [alice, bob] = pair()
    alice.write(Buffer.concat([begin, openTree, ...entry, inTree(['b']), data(five), end(five), close, done]))
    alice.end()
    alice.resume()
    const summary = await receiveItems(bob, place.take)
    assert.equal([summary.saved, place.saved.size], [0, 0])
    assert.is(place.log.at(-1), 'abandon t/ given_up')
  }
})

attacks('what is refused may be as long as it said, and no longer', async () => {
  const take = async () => ({ refused: 'file_refused' })
  const place = { take } as unknown as Place
  const { received } = await receive([begin, small(), data(pattern(6))], place)
  await rejects(received, 'malformed')
})

attacks('10,000 empty files cost a receiver no more than it allows', async () => {
  const place = new Place()
  const empty = Buffer.concat([small({ size: 0 }), end(Buffer.alloc(0))])
  const [alice, bob] = pair()
  alice.resume()
  alice.write(begin)
  for (let n = 0; n < 10_000; n++) alice.write(empty)
  alice.end(done)
  const summary = await receiveItems(bob, place.take, { maxItems: 100 })
  assert.equal(summary, { saved: 100, failed: 9_900, bytes: 0 })
})

attacks('names come through as they are: to be judged where they are used', async () => {
  const names = [
    '../x',
    '/etc/passwd',
    'CON',
    '\x1b]0;x\x07',
    '.symbolon-0123456789abcdef.part',
    '__proto__',
    '\ud800',
    'a\0b',
    'C:\\x',
  ]
  const [alice, bob] = pair()
  alice.resume()
  alice.write(begin)
  for (const name of names) alice.write(Buffer.concat([small({ name }), data(five), end(five)]))
  alice.end(done)
  const place = new Place()
  await receiveItems(bob, place.take)
  assert.equal([...place.saved.keys()], names)
})

attacks('a sender that stalls in the middle of a frame is given up', async () => {
  for (const part of [
    begin.subarray(0, 3),
    begin.subarray(0, 9),
    Buffer.concat([begin, small(), frame(0x04, five).subarray(0, 8)]),
  ]) {
    const { received, place } = await receive([part], new Place(), { patienceMs: 20 })
    await rejects(received, 'peer_silent')
    assert.is(place.saved.size, 0)
  }
})

attacks('what comes is never held in full before it is judged', async () => {
  // The frame says 32 KiB; a megabyte of an item's body comes before anybody reads it.
  const [alice, bob] = pair()
  alice.on('error', () => {})
  const received = receiveItems(bob, new Place().take)
  received.catch(() => {})
  alice.write(begin)
  alice.write(frame(0x02, '', HUGE))
  for (let n = 0; n < 100 && alice.write(Buffer.alloc(65536)); n++);
  await rejects(received, 'malformed')
  assert.ok(bob.readableLength < 1e6)
})

// --- a receiver that lies ---

/** What a sender makes of these answers. Each is given when so many bytes have come. */
async function send(
  sources: TransferSource[],
  answer: (alice: Buffer, say: (bytes: Uint8Array) => void, bob: Duplex) => void,
) {
  const [alice, bob] = pair()
  let came = Buffer.alloc(0)
  bob.on('data', (chunk) => {
    came = Buffer.concat([came, chunk])
    answer(came, (bytes) => bob.write(bytes), bob)
  })
  const fates: string[] = []
  const reads: number[] = []
  const sent = sendItems(alice, sources, {
    onResult: ({ name }, fate) => fates.push(`${name} ${fate.saved ? 'saved' : fate.code}`),
  })
  return { sent, fates, alice, reads, came: () => came }
}

const once = (bytes: Uint8Array) => {
  let said = false
  return (_: Buffer, say: (bytes: Uint8Array) => void) => {
    if (!said) say(bytes)
    said = true
  }
}

const large = () => file('large', pattern(300_000))
const hashOf = (bytes: Uint8Array) => toBase64url(sha256(bytes))

const lies: Record<string, [TransferSource[], Uint8Array]> = {
  'an answer to nothing': [[], ready()],
  'saved, to nothing': [[], saved],
  'refused, to nothing': [[], refused()],
  'saved, before anything was sent': [[large()], saved],
  'saved, before the end': [[large()], Buffer.concat([ready(), saved])],
  'ready for a small file': [[file('small', five)], ready()],
  'ready twice': [[large()], Buffer.concat([ready(), ready()])],
  'ready beyond the end': [[large()], ready({ from: 300_001, sha256: hashOf(five) })],
  'ready at 2^53': [[large()], ready({ from: 2 ** 53, sha256: hashOf(five) })],
  'ready within what has no size': [
    [file('u', five, { size: undefined })],
    ready({ from: 1, sha256: hashOf(five) }),
  ],
  'ready within a directory': [[tree('t', {})], ready({ from: 1, sha256: hashOf(five) })],
  'ready without a hash': [[large()], ready({ from: 5 })],
  'ready with a hash of nothing': [[large()], ready({ from: 0, sha256: hashOf(five) })],
  'ready below 0': [[large()], ready({ from: -1, sha256: hashOf(five) })],
  'ready with more to say': [[large()], ready({ from: 0, path: '/' })],
  'a frame of the sender’s': [[large()], begin],
  data: [[large()], data(five)],
  'a frame of 4 GiB': [[large()], frame(0x11, '', HUGE)],
  'saved with something in it': [[file('small', five)], frame(0x12, { path: '/' })],
  'refused without a code': [[file('small', five)], frame(0x13)],
  'refused with words': [[file('small', five)], refused('no, thank you')],
  'answers that are not JSON': [[file('small', five)], frame(0x12, 'x')],
  'saved twice': [[file('small', five)], Buffer.concat([saved, saved])],
}

for (const [what, [sources, answer]] of Object.entries(lies)) {
  attacks(`a sender refuses ${what}`, async () => {
    const { sent, alice } = await send(sources, once(answer))
    await rejects(sent, 'malformed')
    assert.ok(alice.destroyed)
  })
}

attacks('a sender believes nobody who has less than it says', async () => {
  // Bob says that he has the beginning of something: he is told no more than that it is not this.
  let step = 0
  const { sent, fates, came } = await send([large()], (alice, say, bob) => {
    if (step === 0 && step++ === 0) say(ready({ from: 200_000, sha256: hashOf(five) }))
    else if (alice.includes(done) && step++ === 1) {
      say(saved)
      bob.end()
    }
  })
  await sent
  assert.equal(fates, ['large saved'])
  assert.ok(came().includes(start(0)))
})

attacks('a receiver that goes before it has answered has not saved it', async () => {
  for (const source of [file('small', five), large(), tree('t', {})]) {
    const { sent, fates } = await send([source], (_, __, bob) => bob.end())
    await rejects(sent, 'channel_truncated')
    assert.equal(fates, [])
  }
})

attacks('a file in pieces of one byte is taken in few, while the disk is slow', async () => {
  const bytes = pattern(150_000)
  const [alice, bob] = duplexPair()
  let pieces = 0
  let length = 0
  let goOn = () => {}
  const slow = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const sink: FileSink = {
    start: async () => {},
    write(piece) {
      length += piece.length
      return ++pieces === 1 ? slow : undefined
    },
    finish: async () => {},
    abandon: async () => {},
  }
  const received = receiveItems(bob, async () => sink)
  alice.resume()
  for (const frame of [begin, small({ size: bytes.length }), data(bytes).subarray(0, 5)]) alice.write(frame)
  for (const byte of bytes) if (!alice.write(Buffer.of(byte))) await turn()
  for (let i = 0; i < 20; i++) await turn()
  goOn()
  alice.end(Buffer.concat([end(bytes), done]))
  assert.is((await received).saved, 1)
  assert.is(length, bytes.length)
  assert.ok(pieces < 2000, `${pieces} pieces`)
})

attacks('a receiver that answers nothing is given up', async () => {
  const [alice, bob] = pair()
  bob.resume()
  await rejects(sendItems(alice, [file('small', five)], { patienceMs: 20 }), 'peer_silent')
})

attacks('a receiver that takes everything and answers nothing is not sent more and more', async () => {
  const [alice, bob] = pair()
  bob.resume()
  let taken = 0
  const endless = (function* () {
    for (;;) yield file(`${taken++}`, five)
  })()
  await rejects(sendItems(alice, endless, { patienceMs: 50 }), 'peer_silent')
  assert.ok(taken <= 257, `${taken} were under way`)
})

attacks('a receiver that stops reading is given up', async () => {
  const [alice, bob] = pair()
  bob.write(ready())
  await rejects(sendItems(alice, [file('large', pattern(5_000_000))], { patienceMs: 20 }), 'peer_silent')
})

attacks('a receiver that refuses half way is not sent the rest', async () => {
  let step = 0
  const { sent, fates, came } = await send([file('large', pattern(50_000_000))], (alice, say, bob) => {
    if (step === 0 && step++ === 0) say(ready())
    else if (alice.length > 600_000 && step === 1 && step++ === 1) say(refused('file_not_saved'))
    else if (alice.subarray(-5).equals(done.subarray(0, 5)) || alice.subarray(-7).equals(done)) bob.end()
  })
  await sent
  assert.equal(fates, ['large file_not_saved'])
  assert.ok(came().length < 10_000_000, `${came().length} bytes were sent`)
  assert.ok(came().includes(cancel('file_refused')))
})

attacks.run()
