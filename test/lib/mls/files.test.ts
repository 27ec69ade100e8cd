/** Files that wait: what comes back is what was sent, or an error; whatever the KDC or a member does. */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, equal, fromBase64url, toBase64url, utf8 } from '../../../src/lib/bytes.ts'
import { Secret } from '../../../src/lib/crypto/secret.ts'
import { TransportError } from '../../../src/lib/errors.ts'
import {
  CHUNK_BYTES,
  encodeFileNote,
  type FileNote,
  FileStream,
  fetchFile,
  fileNoteOf,
  MAX_FILE_BYTES,
  type OutgoingFile,
  uploadFile,
} from '../../../src/lib/mls/files.ts'
import type { PostToKdc } from '../../../src/lib/mls/types.ts'
import { FakeDelivery } from '../../helpers/fake-delivery.ts'
import { people, team } from '../../helpers/mail.ts'
import { rejects } from '../../helpers/throws.ts'

const GROUP = toBase64url(new Uint8Array(16))
const SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5]

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** The content in pieces of these lengths, over and over; 0 is a piece without a byte. */
async function* inPieces(content: Uint8Array, ...lengths: number[]): AsyncGenerator<Uint8Array> {
  for (let offset = 0, turn = 0; offset < content.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    yield content.subarray(offset, offset + length)
    offset += length
  }
}

function outgoing(content: Uint8Array, ...lengths: number[]): OutgoingFile {
  const pieces = lengths.length > 0 ? lengths : [65_536]
  return { name: 'report.pdf', size: content.length, content: inPieces(content, ...pieces) }
}

/** A KDC with one group, of alice and bob. */
function delivery(): { kdc: FakeDelivery; post: PostToKdc; received: PostToKdc } {
  const kdc = new FakeDelivery()
  kdc.groups.set(GROUP, {
    id: GROUP,
    kind: 'direct',
    epoch: 1,
    seq: 1,
    info: '',
    members: new Set(['alice', 'bob']),
    left: new Set(),
    windows: new Map(),
    destroyed: false,
  })
  return { kdc, post: kdc.post('alice'), received: kdc.post('bob') }
}

async function fetched(post: PostToKdc, note: FileNote): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of fetchFile(post, note)) chunks.push(chunk)
  return concat(...chunks)
}

/** What was given before the end came or an error. */
async function given(post: PostToKdc, note: FileNote): Promise<{ bytes: number; code: string | undefined }> {
  let bytes = 0
  try {
    for await (const chunk of fetchFile(post, note)) bytes += chunk.length
  } catch (error) {
    return { bytes, code: (error as { code: string }).code }
  }
  return { bytes, code: undefined }
}

const test = suite('files')

for (const size of SIZES) {
  test(`a file of ${size} bytes comes back as it was`, async () => {
    const { kdc, post, received } = delivery()
    const content = randomBytes(size)
    const note = await uploadFile(post, GROUP, outgoing(content))
    assert.is(note.name, 'report.pdf')
    assert.is(note.size, size)
    assert.ok(equal(note.sha256, sha256(content)))
    assert.ok(equal(await fetched(received, note), content))
    const chunks = [...(kdc.files.stored.get(note.file)?.chunks.values() ?? [])]
    assert.is(chunks.length, Math.max(1, Math.ceil(size / CHUNK_BYTES)))
    assert.is(kdc.asked.get('/files/drop'), undefined)
  })
}

test('content in odd pieces, and in one, makes the same chunks', async () => {
  const content = randomBytes(2 * CHUNK_BYTES + 1000)
  for (const lengths of [[1, 0, 99_991, 7], [CHUNK_BYTES], [CHUNK_BYTES - 1, 2], [content.length]]) {
    const { post, received } = delivery()
    const note = await uploadFile(post, GROUP, outgoing(content, ...lengths))
    assert.ok(equal(await fetched(received, note), content), `pieces of ${lengths}`)
  }
})

test('the KDC has no byte of the plaintext, the key or the name; and no two files have a key in common', async () => {
  const { kdc, post } = delivery()
  const content = utf8('a secret that repeats itself, '.repeat(20_000))
  const asked: string[] = []
  kdc.before = (_username, path, body) => void asked.push(path + JSON.stringify(body))
  const first = await uploadFile(post, GROUP, outgoing(content))
  const second = await uploadFile(post, GROUP, outgoing(content))
  const whole = asked.join('\n')
  for (const note of [first, second]) {
    for (const text of [note.key.toText(), 'report.pdf', toBase64url(note.sha256)]) {
      assert.not.ok(whole.includes(text))
    }
    const chunks = [...(kdc.files.stored.get(note.file)?.chunks.values() ?? [])]
    assert.is(chunks.length, Math.ceil(content.length / CHUNK_BYTES))
    for (const chunk of chunks) {
      assert.not.ok(Buffer.from(chunk, 'base64url').includes('secret'))
    }
  }
  assert.is.not(first.file, second.file)
  assert.is.not(first.key.toText(), second.key.toText())
})

test('progress: how many bytes the KDC has, and how many have come', async () => {
  const { post, received } = delivery()
  const content = randomBytes(2 * CHUNK_BYTES + 10)
  const steps = [CHUNK_BYTES, 2 * CHUNK_BYTES, content.length]
  const sent: number[] = []
  const note = await uploadFile(post, GROUP, outgoing(content), { onProgress: (bytes) => sent.push(bytes) })
  assert.equal(sent, steps)
  const came: number[] = []
  for await (const _ of fetchFile(received, note, { onProgress: (bytes) => came.push(bytes) }));
  assert.equal(came, steps)
})

for (const [how, change] of [
  ['shrinks', -1],
  ['shrinks by a chunk', -CHUNK_BYTES],
  ['grows', 1],
  ['grows by a chunk', CHUNK_BYTES],
] as const) {
  test(`content that ${how} is not sent, and nothing is left at the KDC`, async () => {
    for (const size of [CHUNK_BYTES, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5]) {
      const { kdc, post } = delivery()
      let looks = 0
      let complete = false
      kdc.after = () => {
        looks += kdc.files.stored.size
        for (const { bytes, chunks } of kdc.files.stored.values()) {
          complete ||= chunks.size === Math.ceil(bytes / (CHUNK_BYTES + 16))
        }
      }
      const content = inPieces(randomBytes(size + change), 100_000)
      await rejects(uploadFile(post, GROUP, { name: 'log', size, content }), 'file_changed')
      assert.is(kdc.files.stored.size, 0)
      assert.is(kdc.files.dropped.length, 1)
      assert.ok(looks > 0)
      assert.is(complete, false, 'the KDC never had as many chunks as it was told of')
    }
  })
}

test('an endless content ends when it has more than its size', async () => {
  const { kdc, post } = delivery()
  let pieces = 0
  async function* endless() {
    for (;;) {
      pieces++
      yield new Uint8Array(1000)
    }
  }
  await rejects(uploadFile(post, GROUP, { name: 'zero', size: 5000, content: endless() }), 'file_changed')
  assert.is(pieces, 6)
  assert.is(kdc.files.stored.size, 0)
})

test('a failure on the way: the first error is told, the KDC is asked once to drop, and the content is let go', async () => {
  for (const path of ['/files/begin', '/files/put']) {
    const { kdc, post } = delivery()
    kdc.before = (_username, asked) => {
      if (asked === path) throw new TransportError('kdc_busy', 'not now')
      if (asked === '/files/drop') throw new TransportError('kdc_unreachable', 'gone')
    }
    const dropped: string[] = []
    const watched: PostToKdc = (asked, body) => {
      if (asked === '/files/drop') dropped.push(String(body.file))
      return post(asked, body)
    }
    let begun = false
    let released = false
    async function* content() {
      begun = true
      try {
        yield* inPieces(new Uint8Array(3 * CHUNK_BYTES), 50_000)
      } finally {
        released = true
      }
    }
    await rejects(
      uploadFile(watched, GROUP, { name: 'x', size: 3 * CHUNK_BYTES, content: content() }),
      'kdc_busy',
    )
    assert.is(dropped.length, 1, path)
    assert.is(released, begun)
  }
})

test('content that cannot be read, and one who gives up', async () => {
  const { kdc, post, received } = delivery()
  async function* broken() {
    yield new Uint8Array(CHUNK_BYTES + 1)
    throw Object.assign(new Error('the disk'), { code: 'EIO' })
  }
  const size = 3 * CHUNK_BYTES
  await rejects(uploadFile(post, GROUP, { name: 'x', size, content: broken() }), 'EIO')
  const stop = Object.assign(new Error('enough'), { code: 'STOPPED' })
  const giveUp = new AbortController()
  const onProgress = () => giveUp.abort(stop)
  const content = randomBytes(size)
  await rejects(uploadFile(post, GROUP, outgoing(content), { onProgress, signal: giveUp.signal }), 'STOPPED')
  assert.is(kdc.asked.get('/files/put'), 2)
  assert.is(kdc.files.stored.size, 0)
  assert.is(kdc.files.dropped.length, 2)

  const note = await uploadFile(post, GROUP, outgoing(content))
  const before = new AbortController()
  const fetching = async () => {
    for await (const _ of fetchFile(received, note, { signal: before.signal })) before.abort(stop)
  }
  await rejects(fetching(), 'STOPPED')
  assert.is(kdc.asked.get('/files/get'), 1)
})

test('who is not in the group stores nothing in it, and finds nothing', async () => {
  const { kdc, post } = delivery()
  await rejects(uploadFile(kdc.post('mallory'), GROUP, outgoing(randomBytes(5))), 'group_unknown')
  const note = await uploadFile(post, GROUP, outgoing(randomBytes(5)))
  await rejects(fetched(kdc.post('mallory'), note), 'file_unknown')
})

test('a size that is none, and a name without end, are mistakes of the caller', async () => {
  const { kdc, post } = delivery()
  const mistakes = [-1, 0.5, Number.NaN, 2 ** 53].map((size) => ({ ...outgoing(randomBytes(1)), size }))
  const endless = { ...outgoing(randomBytes(1)), name: 'ä'.repeat(513) }
  for (const mistake of [...mistakes, endless]) {
    const error = await uploadFile(post, GROUP, mistake).catch((reason: unknown) => reason)
    assert.instance(error, RangeError)
  }
  assert.equal([...kdc.asked], [])
})

test('the largest file fills the quota, to the byte', () => {
  const chunks = Math.ceil(MAX_FILE_BYTES / CHUNK_BYTES)
  assert.is(MAX_FILE_BYTES + 16 * chunks, 256 * 1024 * 1024)
})

// What a KDC can do.

type Lie = (index: number, chunks: string[], others: string[]) => string | undefined
const flipped = (text = '', bit = 0) => {
  const bytes = fromBase64url(text)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return toBase64url(bytes)
}
const cut = (text = '', bytes: number) => toBase64url(fromBase64url(text).slice(0, bytes))
const longer = (text = '') => toBase64url(concat(fromBase64url(text), Uint8Array.of(0)))

const LIES: Record<string, { lie: Lie; given: number }> = {
  'the first bit of a chunk flipped': {
    lie: (i, c) => (i === 1 ? flipped(c[1]) : c[i]),
    given: CHUNK_BYTES,
  },
  'the last bit of a tag flipped': {
    lie: (i, c) => (i === 0 ? flipped(c[0], (CHUNK_BYTES + 16) * 8 - 1) : c[i]),
    given: 0,
  },
  'two chunks swapped': { lie: (i, c) => c[i < 2 ? 1 - i : i], given: 0 },
  'a chunk repeated': { lie: (i, c) => c[i === 1 ? 0 : i], given: CHUNK_BYTES },
  'a chunk left out': { lie: (i, c) => c[i >= 1 ? i + 1 : i], given: CHUNK_BYTES },
  'the last chunk cut short': { lie: (i, c) => (i === 3 ? cut(c[3], 20) : c[i]), given: 3 * CHUNK_BYTES },
  'the last chunk with nothing in it': {
    lie: (i, c) => (i === 3 ? cut(c[3], 16) : c[i]),
    given: 3 * CHUNK_BYTES,
  },
  'no bytes at all': { lie: () => '', given: 0 },
  'a chunk with a byte more': { lie: (i, c) => (i === 2 ? longer(c[2]) : c[i]), given: 2 * CHUNK_BYTES },
  'an answer that is much too long': {
    lie: (i, c) => (i === 1 ? 'A'.repeat(3_000_000) : c[i]),
    given: CHUNK_BYTES,
  },
  "another file's chunk at the same place": { lie: (i, c, o) => (i === 1 ? o[1] : c[i]), given: CHUNK_BYTES },
  'the whole of another file': { lie: (i, _c, o) => o[i], given: 0 },
  'no base64url': { lie: (i, c) => (i === 1 ? `${c[1]?.slice(0, -1)}=` : c[i]), given: CHUNK_BYTES },
  zeros: { lie: (i, c) => (i === 0 ? toBase64url(new Uint8Array(CHUNK_BYTES + 16)) : c[i]), given: 0 },
}

for (const [name, { lie, given: expected }] of Object.entries(LIES)) {
  test(`a KDC that gives ${name} is found out at that chunk`, async () => {
    const { kdc, post, received } = delivery()
    const content = randomBytes(3 * CHUNK_BYTES + 100)
    const note = await uploadFile(post, GROUP, outgoing(content))
    const other = await uploadFile(post, GROUP, outgoing(randomBytes(content.length)))
    const chunksOf = ({ file }: FileNote) => [...(kdc.files.stored.get(file)?.chunks.values() ?? [])]
    const [chunks, others] = [chunksOf(note), chunksOf(other)]
    kdc.lie = (_username, path, answer, body) =>
      path === '/files/get' ? { chunk: lie(Number(body.index), chunks, others) } : answer
    assert.equal(await given(received, note), { bytes: expected, code: 'file_damaged' })
    kdc.lie = (_username, _path, answer) => answer
    assert.ok(equal(await fetched(received, note), content))
  })
}

test('a KDC that gives no chunk, or no text, does not speak the protocol', async () => {
  const { kdc, post, received } = delivery()
  const note = await uploadFile(post, GROUP, outgoing(randomBytes(5)))
  for (const answer of [{}, { chunk: 7 }, { chunk: null }, null, [], 'chunk']) {
    kdc.lie = () => answer
    await rejects(fetched(received, note), 'malformed')
  }
})

test('a KDC that has lost the last chunk: the file is not whole', async () => {
  const { kdc, post, received } = delivery()
  const note = await uploadFile(post, GROUP, outgoing(randomBytes(CHUNK_BYTES + 100)))
  kdc.files.stored.get(note.file)?.chunks.delete(1)
  assert.equal(await given(received, note), { bytes: CHUNK_BYTES, code: 'file_unknown' })
})

// What a member can do.

test('a member who lies about the size is found out, whichever way', async () => {
  for (const size of [CHUNK_BYTES, CHUNK_BYTES + 100]) {
    const { post, received } = delivery()
    const note = await uploadFile(post, GROUP, outgoing(randomBytes(size)))
    for (const lie of [0, 1, size - 1, size + 1, size + CHUNK_BYTES, 2 ** 50]) {
      const { bytes, code } = await given(received, { ...note, size: lie })
      assert.is(code, 'file_damaged', `${lie} instead of ${size}`)
      assert.ok(bytes < Math.max(1, lie))
    }
  }
})

test('a member who lies about the hash, the key or the file is found out before the last chunk is given', async () => {
  const { post, received } = delivery()
  const note = await uploadFile(post, GROUP, outgoing(randomBytes(CHUNK_BYTES + 100)))
  const other = await uploadFile(post, GROUP, outgoing(randomBytes(CHUNK_BYTES + 100)))
  const hash = { ...note, sha256: sha256(new Uint8Array()) }
  assert.equal(await given(received, hash), { bytes: CHUNK_BYTES, code: 'file_damaged' })
  assert.equal(await given(received, { ...note, key: other.key }), { bytes: 0, code: 'file_damaged' })
  assert.equal(await given(received, { ...note, file: other.file }), { bytes: 0, code: 'file_damaged' })
})

test('a member who seals a file otherwise than the protocol has it is found out', async () => {
  const { kdc, post, received } = delivery()
  const content = randomBytes(CHUNK_BYTES + 100)
  const note = await uploadFile(post, GROUP, outgoing(content))
  const chunks = kdc.files.stored.get(note.file)?.chunks
  // Both chunks sealed as the last of a file.
  const asLast = new FileStream(note.file, note.key, 100)
  chunks?.set(0, toBase64url(asLast.seal(0, content.subarray(0, CHUNK_BYTES))))
  assert.equal(await given(received, note), { bytes: 0, code: 'file_damaged' })
})

// The note.

const goodNote: FileNote = {
  file: toBase64url(randomBytes(16)),
  key: new Secret('file key', randomBytes(32)),
  name: 'Übersicht "2026".pdf',
  size: 12_345,
  sha256: new Uint8Array(randomBytes(32)),
}
const readNote = (body: Uint8Array, kind = 'file') => fileNoteOf({ kind, body })

test('a note comes back as it was', () => {
  const read = readNote(encodeFileNote(goodNote))
  assert.equal({ ...read, key: read?.key.toText() }, { ...goodNote, key: goodNote.key.toText() })
  assert.is(readNote(encodeFileNote({ ...goodNote, name: '../\u202efdp.exe' }))?.name, '../\u202efdp.exe')
})

test('a message of another kind is no note', () => {
  assert.is(readNote(encodeFileNote(goodNote), 'text'), undefined)
  assert.is(readNote(encodeFileNote(goodNote), 'unknown'), undefined)
})

test("a note's key does not print", () => {
  const read = readNote(encodeFileNote(goodNote))
  for (const text of [inspect(read, { depth: 9 }), JSON.stringify(read), `${read?.key}`]) {
    assert.not.match(text, goodNote.key.toText())
    assert.match(text, '[file key]')
  }
})

// Through a mailbox.

test('a file for one who is away: stored, told of, fetched', async () => {
  const { kdc, alice, bob } = await people('alice', 'bob')
  const content = randomBytes(300_000)
  const group = await alice.mail.conversationId({ with: 'bob' })
  const note = await uploadFile(kdc.post('alice'), group, outgoing(content))
  await alice.mail.sendTo('bob', encodeFileNote(note), 'file')
  await bob.mail.sync()
  const [message, ...more] = await bob.mail.unread()
  assert.equal(more, [])
  assert.is(message?.from, 'alice')
  const read = message && fileNoteOf(message)
  assert.is(read?.name, 'report.pdf')
  assert.ok(read && equal(await fetched(kdc.post('bob'), read), content))
})

test('the id of a conversation: the same for both, and for as long as it lasts', async () => {
  const { alice, bob } = await people('alice', 'bob')
  const id = await alice.mail.conversationId({ with: 'bob' })
  assert.is(await alice.mail.conversationId({ with: 'bob' }), id)
  assert.is(await bob.mail.conversationId({ with: 'alice' }), id)
  await alice.tell('bob', 'hi')
  assert.equal(await bob.read(), ['alice: hi'])
  assert.is(alice.mail.groups().length, 1)
})

test('the id of a group that one was added to a moment ago', async () => {
  const { alice, bob } = await people('alice', 'bob')
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  assert.is(
    await bob.mail.conversationId({ group: 'team' }),
    await alice.mail.conversationId({ group: 'team' }),
  )
})

test('no id where there is nothing to be sent', async () => {
  const { alice, bob } = await team('bob')
  await rejects(alice.mail.conversationId({ group: 'nowhere' }), 'group_unknown')
  await rejects(alice.mail.conversationId({ with: 'nobody' }), 'receiver_unknown')
  await rejects(alice.mail.conversationId({ group: 'No Name' }), 'invalid_name')
  await bob.mail.leave('team')
  await rejects(bob.mail.conversationId({ group: 'team' }), 'group_unknown')
})

test.run()

// --- test/vectors/file.json, made in Python ---

interface Chunk {
  nonce: string
  length: number
  sealed?: string
  sha256?: string
}

interface FileVectors {
  files: { size: number; file: string; file_key: string; bytes: number; chunks: Chunk[]; note: string }[]
  far_chunks: (Chunk & {
    size: number
    file: string
    file_key: string
    index: number
    plaintext: string | { pattern_from: number; length: number }
  })[]
  refused_notes: { name: string; note: string }[]
}

const vectors = suite('file.json')
const { files, far_chunks, refused_notes }: FileVectors = JSON.parse(
  readFileSync(new URL('../../vectors/file.json', import.meta.url), 'utf8'),
)
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251)

function checkChunk(sealed: Uint8Array, expected: Chunk): void {
  assert.is(sealed.length, expected.length)
  if (expected.sealed !== undefined) assert.is(Buffer.from(sealed).toString('hex'), expected.sealed)
  else assert.is(Buffer.from(sha256(sealed)).toString('hex'), expected.sha256)
}

for (const vector of files) {
  vectors(`a file of ${vector.size} bytes: the same chunks, the same note`, async () => {
    const { kdc, post, received } = delivery()
    const drawn = [hex(vector.file), hex(vector.file_key)]
    const prepared = (length: number) => {
      const next = drawn.shift()
      if (next?.length !== length) throw new Error(`the vector has no other ${length} random bytes`)
      return next
    }
    const content = inPieces(pattern(vector.size), 77_777)
    const file = { name: 'Übersicht.txt', size: vector.size, content }
    const note = await uploadFile(post, GROUP, file, { randomBytes: prepared })
    const stored = kdc.files.stored.get(note.file)
    assert.is(stored?.bytes, vector.bytes)
    assert.is(stored?.chunks.size, vector.chunks.length)
    for (const [index, chunk] of vector.chunks.entries()) {
      checkChunk(fromBase64url(stored?.chunks.get(index) ?? ''), chunk)
    }
    assert.is(Buffer.from(encodeFileNote(note)).toString(), vector.note)
    const read = fileNoteOf({ kind: 'file', body: utf8(vector.note) })
    assert.ok(read && equal(await fetched(received, read), pattern(vector.size)))
  })
}

for (const vector of far_chunks) {
  vectors(`chunk ${vector.index} of a file of ${vector.size} bytes`, () => {
    const key = new Secret('file key', hex(vector.file_key))
    const stream = new FileStream(toBase64url(hex(vector.file)), key, vector.size)
    const { plaintext } = vector
    const bytes = typeof plaintext === 'string' ? hex(plaintext) : pattern(plaintext.length)
    const sealed = stream.seal(vector.index, bytes)
    checkChunk(sealed, vector)
    assert.is(stream.sealedLength(vector.index), vector.length)
    assert.ok(equal(stream.open(vector.index, sealed), bytes))
  })
}

for (const { name, note } of refused_notes) {
  vectors(`refused as a note: ${name}`, () => {
    assert.is(fileNoteOf({ kind: 'file', body: utf8(note) }), undefined)
  })
}

vectors('refused as a note: what is not UTF-8', () => {
  const bytes = concat(utf8(files[0]?.note ?? '').slice(0, -2), Uint8Array.of(0xff, 0x7d))
  assert.is(fileNoteOf({ kind: 'file', body: bytes }), undefined)
})

vectors.run()
