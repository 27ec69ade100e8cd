/** The library and the KDC together, without a port: that each takes the other's word as it is meant. */
import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concat, equal, toBase64url, utf8 } from '../../../src/lib/bytes.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { exchangeSealed } from '../../../src/lib/kdc-link/exchange.ts'
import type { HttpLink } from '../../../src/lib/kdc-link/http.ts'
import {
  CHUNK_BYTES,
  encodeFileNote,
  fetchFile,
  fileNoteOf,
  MAX_FILE_BYTES,
  uploadFile,
} from '../../../src/lib/mls/files.ts'
import { listGroups, readIdentities } from '../../../src/lib/mls/kdc-answers.ts'
import { Mailbox } from '../../../src/lib/mls/mailbox.ts'
import { textOf } from '../../../src/lib/mls/payload.ts'
import type { PostToKdc } from '../../../src/lib/mls/types.ts'
import { FakeDelivery } from '../../helpers/fake-delivery.ts'
import { connectionFrom, PASSWORD, secretOf, testKdc } from '../../helpers/kdc.ts'
import { makeGroup, newId, principal } from '../../helpers/kdc-principals.ts'
import { MemoryState } from '../../helpers/memory-state.ts'
import { rejects } from '../../helpers/throws.ts'

/** A principal with one mailbox after the other. */
class Person {
  readonly name: string
  readonly post: PostToKdc
  readonly #clock: Clock
  #mail: Mailbox | undefined
  #told: string[] = []

  constructor(name: string, clock: Clock, post: PostToKdc) {
    this.name = name
    this.post = post
    this.#clock = clock
  }

  get mail(): Mailbox {
    if (!this.#mail) throw new Error(`${this.name} is not logged in`)
    return this.#mail
  }

  /** Opens a mailbox, with nothing of the one before. */
  async begin(): Promise<void> {
    this.#mail = await Mailbox.open({
      username: this.name,
      post: this.post,
      state: new MemoryState(),
      clock: this.#clock,
      onNotice: ({ code }) => this.#told.push(code),
    })
  }

  async read(): Promise<string[]> {
    await this.mail.sync()
    const unread = await this.mail.unread()
    await this.mail.markShown(unread)
    return unread.map((message) => `${message.from}: ${textOf(message) ?? message.kind}`)
  }

  told(): string[] {
    return this.#told.splice(0)
  }
}

async function realm() {
  const kdc = await testKdc()
  // ts-mls judges the lifetimes of key packages that we add by the machine's clock.
  kdc.time.now = Math.floor(Date.now() / 1000)
  const link: HttpLink = {
    async post(path, type, body) {
      const init = { method: 'POST', headers: { 'Content-Type': type }, body: body.slice() }
      const response = await kdc.app.request(path, init, connectionFrom('192.0.2.7'))
      const [mediaType = ''] = (response.headers.get('Content-Type') ?? '').split(';')
      return { status: response.status, type: mediaType, body: new Uint8Array(await response.arrayBuffer()) }
    },
    async close() {},
  }
  const login = async (name: string) => {
    const token = secretOf(await kdc.login(name))
    const sealing = { token, clock: () => kdc.time.now, onTime: () => {} }
    const person = new Person(
      name,
      () => kdc.time.now,
      (path, body) => exchangeSealed(link, path, body, sealing),
    )
    await person.begin()
    return person
  }
  return { kdc, login, alice: await login('alice'), bob: await login('bob'), carol: await login('carol') }
}

/** The KDC of the other tests: only here it is seen whether it is like the real one. */
async function fakeRealm() {
  const kdc = new FakeDelivery()
  // As above.
  const now = Math.floor(Date.now() / 1000)
  const login = async (name: string) => {
    const person = new Person(name, () => now, kdc.post(name))
    await person.begin()
    return person
  }
  return { alice: await login('alice'), bob: await login('bob'), carol: await login('carol') }
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < content.length; offset += 100_000) {
    yield content.subarray(offset, offset + 100_000)
  }
}

async function fetched(post: PostToKdc, note: Parameters<typeof fetchFile>[1]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of fetchFile(post, note)) chunks.push(chunk)
  return concat(...chunks)
}

const test = suite('library and KDC')

interface Listed {
  readonly members: string[]
  readonly left: string[]
}

const rosterOf = ({ members, left }: Listed) => ({ members: [...members].sort(), left })
// What it says is nobody's business but the members'.
const leaving = (group: string, epoch: number) => ({ group, epoch, proposal: 'AAAA', id: newId() })

for (const [name, begin] of [
  ['the KDC', realm],
  ['the fake one', fakeRealm],
] as const) {
  test(`a group is made, filled, spoken in, left and destroyed; a conversation goes on (${name})`, async () => {
    const { alice, bob, carol } = await begin()
    await alice.mail.createGroup('team')
    await alice.mail.add('team', ['bob', 'carol'])
    await alice.mail.send('team', utf8('hi'))
    assert.equal(await bob.read(), ['alice: hi'])
    await bob.mail.leave('team')
    await carol.mail.send('team', utf8('he is gone'))
    assert.equal(await alice.read(), ['carol: he is gone'])
    assert.equal(alice.mail.members('team'), ['alice', 'carol'])
    assert.equal(await bob.read(), [])
    await alice.mail.destroy('team')
    await carol.mail.sync()
    assert.equal(carol.told(), ['member_added', 'member_left', 'group_destroyed'])
    await bob.mail.sendTo('carol', utf8('still there?'))
    assert.equal(await carol.read(), ['alice: hi', 'bob: still there?'])
  })

  test(`one loses its state and comes back before another, who was away, has read that it was added (${name})`, async () => {
    const { alice, bob, carol } = await begin()
    await alice.mail.createGroup('team')
    await alice.mail.add('team', ['carol'])
    await carol.mail.sync()
    carol.told()
    await alice.mail.add('team', ['bob'])
    await bob.mail.send('team', utf8('before'))
    await bob.begin()
    await bob.mail.send('team', utf8('after'))
    assert.equal(await carol.read(), ['bob: before', 'bob: after'])
    assert.equal(carol.told(), ['member_added', 'key_changed', 'member_rejoined'])
    assert.equal(
      carol.mail.groups().map(({ status }) => status),
      ['active'],
    )
  })

  test(`identities that were replaced are told, and who has left but is in the tree (${name})`, async () => {
    const { alice, bob, carol } = await begin()
    const find = async () => {
      const { identities } = readIdentities(
        await carol.post('/identity/find', { usernames: ['bob', 'nobody'] }),
      )
      return identities.map(({ username, signature_key, earlier }) => ({
        username,
        key: toBase64url(signature_key),
        earlier: earlier.map((one) => toBase64url(one.signature_key)),
      }))
    }
    const [before] = await find()
    assert.equal(before, { username: 'bob', key: before?.key, earlier: [] })
    await bob.begin()
    const [after] = await find()
    assert.equal(after, { username: 'bob', key: after?.key, earlier: [before?.key] })
    assert.is.not(after?.key, before?.key)

    await alice.mail.createGroup('team')
    await alice.mail.add('team', ['bob'])
    await bob.mail.sync()
    await bob.mail.leave('team')
    const list = async () =>
      ((await alice.post('/groups/list', {})) as { groups: Listed[] }).groups.map(rosterOf)
    assert.equal(await list(), [{ members: ['alice'], left: ['bob'] }])
    await alice.mail.sync()
    await alice.mail.send('team', utf8('he is gone'))
    assert.equal(await list(), [{ members: ['alice'], left: [] }])
  })

  test(`a conversation that one has left is over, and the next word begins another (${name})`, async () => {
    const { alice, bob } = await begin()
    await alice.mail.sendTo('bob', utf8('hi'))
    assert.equal(await bob.read(), ['alice: hi'])
    const group = await bob.mail.conversationId({ with: 'alice' })
    await rejects(bob.post('/groups/leave', leaving(group, 7)), 'epoch_passed')
    await bob.post('/groups/leave', leaving(group, 1))
    const info = (await alice.post('/groups/info', { group })) as Listed
    assert.equal(rosterOf(info), { members: ['alice'], left: ['bob'] })
    await rejects(bob.post('/groups/info', { group }), 'group_unknown')
    await rejects(
      alice.post('/groups/send', { group, epoch: 1, message: 'AAAA', id: newId() }),
      'group_unknown',
    )
    await alice.mail.sendTo('bob', utf8('are you there?'))
    assert.equal(await bob.read(), ['alice: are you there?'])
    assert.is.not(await bob.mail.conversationId({ with: 'alice' }), group)
  })
}

test('all groups are listed, also when they do not fit one answer', async () => {
  const { kdc, alice } = await realm()
  const asker = await principal(kdc, 'alice')
  const made = new Set<string>()
  for (let count = 0; count < 101; count++) made.add(await makeGroup(asker))
  const { groups, isComplete } = await listGroups(alice.post)
  assert.equal(groups.map(({ group }) => group).sort(), [...made].sort())
  assert.ok(isComplete)
})

test('a file waits for one who is away, and for nobody else', async () => {
  const { alice, bob, carol } = await realm()
  for (const size of [0, CHUNK_BYTES, 2 * CHUNK_BYTES + 17]) {
    const content = randomBytes(size)
    const group = await alice.mail.conversationId({ with: 'bob' })
    const note = await uploadFile(alice.post, group, { name: 'report.pdf', size, content: pieces(content) })
    await alice.mail.sendTo('bob', encodeFileNote(note), 'file')
    await bob.mail.sync()
    const message = (await bob.mail.unread()).at(-1)
    const read = message && fileNoteOf(message)
    assert.ok(read && equal(await fetched(bob.post, read), content))
    await rejects(fetched(carol.post, note), 'file_unknown')
  }
})

test('of a file that changes while it is sent nothing stays, and its room is free again', async () => {
  const { kdc, alice } = await realm()
  const group = await alice.mail.conversationId({ with: 'bob' })
  const file = { name: 'log', size: MAX_FILE_BYTES, content: pieces(randomBytes(CHUNK_BYTES + 5)) }
  await rejects(uploadFile(alice.post, group, file), 'file_changed')
  const events = kdc.log.events.map(({ event }) => event)
  assert.ok(events.includes('file_dropped'))
  assert.not.ok(events.includes('file_stored'))
  // As much as fits, once more; a byte more does not.
  await rejects(uploadFile(alice.post, group, { ...file, content: pieces(new Uint8Array()) }), 'file_changed')
  const tooLarge = { name: 'log', size: MAX_FILE_BYTES + 1, content: pieces(new Uint8Array()) }
  await rejects(uploadFile(alice.post, group, tooLarge), 'quota_exceeded')
})

test('who is not in the group stores no file in it', async () => {
  const { alice, carol } = await realm()
  const group = await alice.mail.conversationId({ with: 'bob' })
  const file = { name: 'x', size: 1, content: pieces(new Uint8Array(1)) }
  await rejects(uploadFile(carol.post, group, file), 'group_unknown')
})

test('a conversation with one whose account was made anew begins anew, whoever speaks first', async () => {
  for (const first of ['alice', 'bob']) {
    const { kdc, login, alice, bob } = await realm()
    await alice.mail.sendTo('bob', utf8('hi'))
    assert.equal(await bob.read(), ['alice: hi'])
    await kdc.store.accounts.delete('alice')
    await rejects(bob.mail.sendTo('alice', utf8('nobody reads this')), 'receiver_unknown')
    await kdc.store.accounts.create({ username: 'alice', record: PASSWORD, createdAt: kdc.time.now })
    const next = await login('alice')
    bob.told()
    if (first === 'bob') {
      await bob.mail.sendTo('alice', utf8('are you there?'))
      assert.equal(await next.read(), ['bob: are you there?'])
      assert.equal(bob.told(), ['key_changed'])
    }
    await next.mail.sendTo('bob', utf8('somebody else'))
    assert.equal(await bob.read(), ['alice: somebody else'])
    await bob.mail.sendTo('alice', utf8('I see'))
    assert.equal(await next.read(), ['bob: I see'])
  }
})

test('a member whose account is gone keeps nobody from coming in, nor its successor out', async () => {
  const { kdc, login, alice, bob, carol } = await realm()
  await alice.mail.createGroup('team')
  await alice.mail.add('team', ['bob'])
  await bob.mail.sync()
  await kdc.store.accounts.delete('bob')
  await alice.mail.add('team', ['carol'])
  assert.equal(alice.told(), ['member_left'])
  await alice.mail.send('team', utf8('hi'))
  assert.equal(await carol.read(), ['alice: hi'])
  assert.equal(carol.mail.members('team'), ['alice', 'carol'])
  await kdc.store.accounts.delete('carol')
  await kdc.store.accounts.create({ username: 'carol', record: PASSWORD, createdAt: kdc.time.now })
  const next = await login('carol')
  await alice.mail.add('team', ['carol'])
  await alice.mail.send('team', utf8('welcome'))
  assert.equal(await next.read(), ['alice: welcome'])
  assert.equal(alice.told(), ['member_left', 'key_changed'])
})

test.run()
