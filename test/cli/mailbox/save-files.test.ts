/** What is shown and saved of messages with files: in order, once, and each file before its message counts as shown. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { showAll, showNew } from '../../../src/cli/mailbox/messages.ts'
import { SaveRecord, type Saving, savingFrom } from '../../../src/cli/mailbox/save-files.ts'
import { type StorableFile, storeFiles } from '../../../src/cli/send/stored-files.ts'
import type { FileResult } from '../../../src/cli/terminal/file-result.ts'
import type { Output } from '../../../src/cli/terminal/output.ts'
import { utf8 } from '../../../src/lib/bytes.ts'
import { ProtocolError, TransportError } from '../../../src/lib/errors.ts'
import { encodeFileNote, fileNoteOf, uploadFile } from '../../../src/lib/mls/files.ts'
import type { MailMessage } from '../../../src/lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../../src/lib/mls/mailbox-handle.ts'
import { textOf } from '../../../src/lib/mls/payload.ts'
import { temporaryDirectory } from '../../helpers/kdc.ts'
import { type People, type Person, people } from '../../helpers/mail.ts'
import { rejects } from '../../helpers/throws.ts'

interface Context {
  all: People<'alice' | 'bob'>
  directory: ReturnType<typeof temporaryDirectory>
  saving: Saving
}

const files = suite<Context>('files in messages')

files.before.each(async (context) => {
  context.all = await people('alice', 'bob')
  context.directory = temporaryDirectory()
  const directory = join(context.directory.path, 'inbox')
  mkdirSync(directory)
  const { signal } = new AbortController()
  context.saving = { directory, maxBytes: 1000, signal, silent: true, record: new SaveRecord() }
})
files.after.each(({ directory }) => directory.remove())

/** A person's mailbox handle, as the tools have it; `onUse` hears of each piece of work before it begins. */
function mailOf(person: Person, onUse: () => void = () => {}): MailboxAccess {
  return {
    username: person.name,
    post: person.kdc.post(person.name),
    async use(work) {
      onUse()
      return work(person.mail)
    },
  }
}

/** An output that keeps what it was told. */
function collected() {
  const lines: string[] = []
  const output: Output = {
    json: false,
    trace: undefined,
    said: async () => {},
    arrived: async () => {},
    async stored(message: MailMessage, { savedAs, already, why }: FileResult = {}) {
      const what = textOf(message) ?? fileNoteOf(message)?.name ?? `[${message.kind}]`
      const end =
        savedAs === undefined ? (why ?? '') : `${already ? 'is here' : 'saved'} ${savedAs.split('/').at(-1)}`
      lines.push(`${what} ${end}`.trim())
    },
    event: (name) => lines.push(`(${name})`),
  }
  return { output, lines }
}

/** Sends a file from memory; `note` changes what is said of it. */
async function sendFile(
  from: Person,
  to: Person,
  name: string,
  text: string,
  note: { sha256?: Uint8Array; size?: number } = {},
): Promise<string> {
  const post = from.kdc.post(from.name)
  const group = await from.mail.conversationId({ with: to.name })
  const content = async function* () {
    yield utf8(text)
  }
  const made = await uploadFile(post, group, { name, size: utf8(text).length, content: content() })
  await from.mail.sendTo(to.name, encodeFileNote({ ...made, ...note }), 'file')
  return made.file
}

const inbox = ({ directory }: Saving) =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )

files('are saved in their turn among the messages', async ({ all: { alice, bob }, saving }) => {
  await alice.tell('bob', 'first')
  await sendFile(alice, bob, 'a.txt', 'of a')
  await alice.tell('bob', 'between')
  await sendFile(alice, bob, 'a.txt', 'of another a')
  await sendFile(alice, bob, '../../b', 'of b')
  await alice.tell('bob', 'last')
  const { output, lines } = collected()
  await showNew(mailOf(bob), output, 'direct', { saving })
  assert.equal(lines, [
    'first',
    'a.txt saved a.txt',
    'between',
    'a.txt saved a (2).txt',
    '../../b saved b',
    'last',
  ])
  assert.equal(inbox(saving), { 'a.txt': 'of a', 'a (2).txt': 'of another a', b: 'of b' })
  assert.is((await showNew(mailOf(bob), output, 'direct', { saving })).count, 0)
})

files('are not fetched unless it is asked for, and can be fetched later', async ({ all, saving }) => {
  const { alice, bob } = all
  await sendFile(alice, bob, 'a.txt', 'of a')
  await bob.mail.sync()
  await sendFile(bob, alice, 'mine.txt', 'of mine')
  const asked: string[] = []
  const { post } = mailOf(bob)
  const mail = {
    ...mailOf(bob),
    post: (path: string, body: Record<string, unknown>) => {
      asked.push(path)
      return post(path, body)
    },
  }
  const { output, lines } = collected()
  await showNew(mail, output, 'direct', {})
  assert.equal(lines.splice(0), ['a.txt'])
  assert.equal(asked, [])
  await showAll(mail, output, { with: 'alice' }, saving)
  assert.equal(lines.splice(0), ['a.txt saved a.txt', 'mine.txt'])
  assert.equal(asked, ['/files/get'])
  // Again: nothing is fetched that is here.
  await showAll(mail, output, { with: 'alice' }, saving)
  assert.equal(lines, ['a.txt is here a.txt', 'mine.txt'])
  assert.equal(asked, ['/files/get'])
})

files(
  'that expired, are damaged or too large are said to be so, and passed over',
  async ({ all, saving }) => {
    const { alice, bob } = all
    const expired = await sendFile(alice, bob, 'expired', 'x')
    all.kdc.files.stored.delete(expired)
    await sendFile(alice, bob, 'wrong hash', 'x', { sha256: new Uint8Array(32) })
    await sendFile(alice, bob, 'wrong size', 'x', { size: 2 })
    await sendFile(alice, bob, 'huge', 'x'.repeat(1001))
    await alice.mail.sendTo('bob', utf8('{}'), 'file')
    await alice.tell('bob', 'last')
    const { output, lines } = collected()
    await showNew(mailOf(bob), output, 'direct', { saving })
    assert.equal(lines, [
      'expired no longer at the KDC: not saved',
      'wrong hash damaged: not saved',
      'wrong size damaged: not saved',
      'huge larger than 1.0 kB (--max-file): not fetched',
      '[file]',
      'last',
    ])
    assert.equal(inbox(saving), {})
    await showAll(mailOf(bob), output, { with: 'alice' }, { ...saving, maxBytes: 2000 })
    assert.equal(Object.keys(inbox(saving)), ['huge'])
  },
)

files(
  'whose tool is killed after the saving come again, and are not saved twice',
  async ({ all, saving }) => {
    const { alice, bob } = all
    await sendFile(alice, bob, 'a.txt', 'of a')
    await alice.tell('bob', 'next')
    const killed = new Error('killed')
    const dying = mailOf(bob, () => {
      if ('a.txt' in inbox(saving)) throw killed
    })
    const { output, lines } = collected()
    const error = await showNew(dying, output, 'direct', { saving }).catch((caught: unknown) => caught)
    assert.is(error, killed)
    assert.equal(inbox(saving), { 'a.txt': 'of a' })
    assert.equal(lines, [])
    await showNew(mailOf(bob), output, 'direct', { saving })
    assert.equal(lines, ['a.txt is here a.txt', 'next'])
    assert.equal(inbox(saving), { 'a.txt': 'of a' })
  },
)

files(
  'stay new where nothing can be saved; and when they cannot be fetched now, with all that comes after them',
  async ({ all, saving }) => {
    const { alice, bob } = all
    await alice.tell('bob', 'before')
    await sendFile(alice, bob, 'a.txt', 'of a')
    await alice.tell('bob', 'after')
    const { output, lines } = collected()
    rmSync(saving.directory, { recursive: true })
    await rejects(showNew(mailOf(bob), output, 'direct', { saving }), 'file_not_saved')
    assert.equal(lines.splice(0), ['before', 'after'])
    mkdirSync(saving.directory)
    await alice.tell('bob', 'later')
    const offline = {
      ...mailOf(bob),
      post: async () => {
        throw new TransportError('kdc_unreachable', 'gone')
      },
    }
    await rejects(showNew(offline, output, 'direct', { saving }), 'kdc_unreachable')
    assert.equal(lines, [])
    assert.equal(inbox(saving), {})
    await showNew(mailOf(bob), output, 'direct', { saving })
    assert.equal(lines, ['a.txt saved a.txt', 'later'])
  },
)

files('that there is no room for are said to be so, and what comes after them is shown', async (context) => {
  const { alice, bob } = context.all
  const maxBytes = Number.MAX_SAFE_INTEGER
  await sendFile(alice, bob, 'huge', 'x', { size: 2 ** 52 })
  await alice.tell('bob', 'after')
  const { output, lines } = collected()
  const { count } = await showNew(mailOf(bob), output, 'direct', { saving: { ...context.saving, maxBytes } })
  assert.is(count, 2)
  assert.match(lines[0] ?? '', /^huge cannot save in .*: there is not enough room; to try again: .* --all/)
  assert.equal(lines.slice(1), ['after'])
  assert.is((await bob.mail.unread()).length, 0)
})

files('of the same bytes are saved once, whatever they are called', async ({ all, saving }) => {
  const { alice, bob, kdc } = all
  const group = await alice.mail.conversationId({ with: 'bob' })
  const content = async function* () {
    yield utf8('of a')
  }
  const made = await uploadFile(kdc.post('alice'), group, { name: 'a', size: 4, content: content() })
  for (const name of ['a', 'b', 'c']) {
    await alice.mail.sendTo('bob', encodeFileNote({ ...made, name }), 'file')
  }
  const { output, lines } = collected()
  const before = kdc.asked.get('/files/get') ?? 0
  await showNew(mailOf(bob), output, 'direct', { saving })
  assert.equal(lines, ['a saved a', 'b is here a', 'c is here a'])
  assert.equal(inbox(saving), { a: 'of a' })
  assert.is((kdc.asked.get('/files/get') ?? 0) - before, 1)
})

files('of one sender are fetched up to ten times the largest size in one run', async ({ all, saving }) => {
  const { alice, bob } = all
  const { output, lines } = collected()
  for (const name of 'abcdefghij') await sendFile(alice, bob, name, name.repeat(40))
  await sendFile(alice, bob, 'k', 'k')
  await alice.tell('bob', 'last')
  await showNew(mailOf(bob), output, 'direct', { saving: { ...saving, maxBytes: 40 } })
  assert.is(Object.keys(inbox(saving)).length, 10)
  assert.match(
    lines[10] ?? '',
    /^k more than 400 bytes of alice's files at once: not fetched; to try again: /,
  )
  assert.is(lines[11], 'last')
})

files('leave nothing when they are stopped half way', async ({ all: { alice, bob }, saving }) => {
  await sendFile(alice, bob, 'a.txt', 'of a')
  const stop = new AbortController()
  const mail = mailOf(bob)
  const stopped = {
    ...mail,
    post: async (path: string, body: Record<string, unknown>) => {
      const answer = await mail.post(path, body)
      stop.abort(new TransportError('kdc_unreachable', 'stopped'))
      throw stop.signal.reason ?? answer
    },
  }
  const { output } = collected()
  await rejects(
    showNew(stopped, output, 'direct', { saving: { ...saving, signal: stop.signal } }),
    'kdc_unreachable',
  )
  assert.equal(inbox(saving), {})
  assert.is((await bob.mail.unread()).length, 1)
})

files(
  'that another tool has shown meanwhile are not shown again',
  async ({ all: { alice, bob }, saving }) => {
    await sendFile(alice, bob, 'a.txt', 'of a')
    const mail = mailOf(bob)
    const other = {
      ...mail,
      post: async (path: string, body: Record<string, unknown>) => {
        await bob.mail.markShown(await bob.mail.unread())
        return mail.post(path, body)
      },
    }
    const { output, lines } = collected()
    await showNew(other, output, 'direct', { saving })
    assert.equal(lines, [])
  },
)

files(
  'as large as --max-file says are saved, and not a byte more',
  async ({ all: { alice, bob }, saving }) => {
    await sendFile(alice, bob, 'fits', 'x'.repeat(saving.maxBytes))
    await sendFile(alice, bob, 'does not', 'x'.repeat(saving.maxBytes + 1))
    await showNew(mailOf(bob), collected().output, 'direct', { saving })
    assert.equal(Object.keys(inbox(saving)), ['fits'])
  },
)

/** A file to be sent, from memory. */
function outgoing(name: string, text: string, verify = async () => {}): StorableFile {
  const bytes = utf8(text)
  const read = async (into: Uint8Array, position: number) => {
    const piece = bytes.subarray(position, position + into.length)
    into.set(piece)
    return piece.length
  }
  const size = bytes.length
  const open = async () => ({ size, read, verify, close: async () => {} })
  return { path: `/tmp/${name}`, size, source: { kind: 'file', name, open } }
}

files(
  'that change while they are sent, or whose message is refused, leave nothing at the KDC',
  async ({ all }) => {
    const { alice, bob, kdc } = all
    const { output, lines } = collected()
    const signal = new AbortController().signal
    const to = { with: 'bob' }
    const changing = outgoing('a', 'ab', async () => {
      throw new ProtocolError('file_changed', 'a program wrote to it')
    })
    await rejects(storeFiles(mailOf(alice), output, to, [changing], signal), 'file_changed')
    assert.is(kdc.files.stored.size, 0)

    const good = outgoing('b', 'ab')
    const mail = mailOf(alice)
    const refusing: MailboxAccess = {
      ...mail,
      use: (work) => {
        if (kdc.files.stored.size > 0) throw new ProtocolError('group_unknown', 'removed meanwhile')
        return mail.use(work)
      },
    }
    await rejects(storeFiles(refusing, output, to, [good], signal), 'group_unknown')
    assert.is(kdc.files.stored.size, 0)
    assert.equal(lines, [])

    await storeFiles(mail, output, to, [good], signal)
    assert.equal(lines, ['(file_stored)'])
    await bob.mail.sync()
    assert.is((await bob.mail.unread()).length, 1)
  },
)

files('are saved where the command line says, if it is a directory', async ({ directory }) => {
  const { signal } = new AbortController()
  const at = join(directory.path, 'inbox')
  assert.is(await savingFrom({}, signal), undefined)
  assert.is((await savingFrom({ output: at }, signal))?.maxBytes, 100_000_000)
  assert.equal(readdirSync(at), [])
  assert.is((await savingFrom({ output: at, 'max-file': '2 GiB' }, signal))?.maxBytes, 2 ** 31)
  await rejects(savingFrom({ 'max-file': '1MB' }, signal), 'usage')
  await rejects(savingFrom({ output: '' }, signal), 'usage')
  await rejects(savingFrom({ output: at, 'max-file': '-1' }, signal), 'usage')
  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  await rejects(savingFrom({ output: file }, signal), 'file_not_saved')
})

files.run()
