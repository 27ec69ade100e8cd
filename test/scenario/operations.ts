/**
 * What clients ask of the KDC, one operation for each reason to ask, and what must be so afterwards, whatever somebody on the way did.
 */
import * as assert from 'uvu/assert'
import { equal, toHex } from '../../src/lib/bytes.ts'
import { encodeFileNote, fetchFile, fileNoteOf, uploadFile } from '../../src/lib/mls/files.ts'
import type { Conversation } from '../../src/lib/mls/mailbox.ts'
import type { StoreResult } from '../../src/lib/mls/types.ts'
import { register } from '../../src/lib/register.ts'
import { login, type Session } from '../../src/lib/session.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { isOver, type MeddledRealm, type Principal } from './meddled-realm.ts'

/** What became of an operation. */
export interface Ending {
  readonly value?: unknown
  readonly error?: Error
}

/** An operation that is about to be done. */
export interface Prepared {
  /** Done on a line on which somebody meddles. */
  act(): Promise<unknown>
  /** Looks, on a clean line, whether all is well; what was held has been delivered. */
  check(ending: Ending): Promise<void>
  /** Who did it; the next contact with the KDC is this principal's. */
  readonly actor?: Principal
}

export interface Operation {
  readonly name: string
  /** The routes that it uses, and that are meddled with. */
  readonly paths: readonly string[]
  /** The answers to these have no seal: what comes may be from anybody. */
  readonly plain?: readonly string[]
  /** What it is refused by all the same. */
  readonly refusal?: string
  /** It takes long: not done where another uses the route. */
  readonly isSlow?: boolean
  prepare(realm: MeddledRealm, id: string): Promise<Prepared>
}

const TEAM = { group: 'team' }

/** What somebody said, and what became of it. */
interface Said {
  readonly by: Principal
  readonly text: string
  /** `stored`, `kept` or `refused`. */
  fate: 'stored' | 'kept' | 'refused'
}

/** Says something, and keeps what the library says of it. */
async function say(by: Principal, to: Conversation, text: string, said: Said[]): Promise<StoreResult> {
  const entry: Said = { by, text, fate: 'refused' }
  said.push(entry)
  const sent = await by.say(to, text)
  entry.fate = sent.stored ? 'stored' : 'kept'
  return sent
}

/**
 * Everybody in a group is in the same epoch, all hear each other, and what was said was heard by all others in one order: once, if it
 * was stored or kept; never, if it was refused.
 *
 * @param about - what all texts of this case have in them.
 */
async function inStep(of: Conversation[], people: Principal[], about: string, said: Said[]): Promise<void> {
  const now: Said[] = []
  for (const [index, one] of people.entries()) {
    await one.begin()
    const sent = await say(one, of[index] ?? (of[0] as Conversation), `${about}: ${one.name} is here`, now)
    assert.ok(sent.stored, `${one.name} cannot send on a clean line`)
  }
  for (const one of people) await one.contact()
  const standings = people.map((one, index) => one.standing(of[index] ?? (of[0] as Conversation)))
  assert.match(standings[0] ?? '', /^active/, `${people[0]?.name}: ${standings}`)
  assert.equal(new Set(standings).size, 1, `not in step: ${people.map(({ name }) => name)}: ${standings}`)
  for (const one of people) {
    const expected = [...said, ...now]
      .filter(({ by, fate }) => by !== one && fate !== 'refused')
      .map(({ by, text }) => `${by.name}: ${text}`)
    const heard = one.read.filter((line) => line.includes(`${about}:`))
    assert.equal([...heard].sort(), [...expected].sort(), `what ${one.name} read`)
  }
  const histories = await Promise.all(
    people.map((one, index) => one.history(of[index] ?? (of[0] as Conversation), `${about}:`)),
  )
  for (const history of histories) assert.equal(history, histories[0], 'one order for all')
}

/** A group of alice's for one case, with these in it. */
async function newGroup(realm: MeddledRealm, name: string, ...others: Principal[]): Promise<void> {
  await realm.alice.begin()
  await realm.alice.mail.createGroup(name)
  if (others.length > 0)
    await realm.alice.mail.add(
      name,
      others.map((other) => other.name),
    )
  for (const other of others) await other.contact()
}

/** Takes the group of one case away again. */
async function endGroup(realm: MeddledRealm, name: string): Promise<void> {
  await realm.alice.mail.destroy(name)
}

/** A change of the members of a group has happened, or has not: as all say, and as the one who made it was told. */
async function changed(
  realm: MeddledRealm,
  name: string,
  { error }: Ending,
  [before, after]: [Principal[], Principal[]],
): Promise<void> {
  for (const one of realm.all) await one.contact()
  const members = realm.alice.mail.members(name)
  const is = (people: Principal[]) => equalNames(members, people)
  assert.ok(is(after) || (error && is(before)), `members: ${members}, after ${error ?? 'success'}`)
  const people = is(after) ? after : before
  for (const one of realm.all.filter((other) => !people.includes(other))) {
    assert.not.match(one.standing({ group: name }), /^(active|broken)/, one.name)
  }
  await inStep([{ group: name }], people, name, [])
  await endGroup(realm, name)
}

const equalNames = (names: string[], people: Principal[]) =>
  [...names].sort().join() ===
  people
    .map(({ name }) => name)
    .sort()
    .join()

async function* piecesOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

async function fetched(by: Principal, note: Parameters<typeof fetchFile>[1]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of fetchFile(by.post, note)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const CONTENT = Buffer.alloc(1000, 'file')
const content = () => ({ name: 'report.pdf', size: CONTENT.length, content: piecesOf(CONTENT) })
const conversation = ({ alice }: MeddledRealm) => alice.mail.conversationId({ with: 'bob' })

/** Ends the conversation of alice and bob, if there is one. */
async function endConversation({ alice, bob }: MeddledRealm): Promise<void> {
  await alice.contact()
  if (/^active/.test(alice.standing({ with: 'bob' }))) {
    await alice.post('/groups/destroy', { group: await alice.mail.conversationId({ with: 'bob' }) })
  }
  for (const one of [alice, bob]) await one.contact()
}

const WITH = [{ with: 'bob' }, { with: 'alice' }]

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'a message to a group',
    paths: ['/groups/send'],
    prepare: async (realm, id) => {
      const { alice } = realm
      const said: Said[] = []
      await alice.begin()
      return {
        actor: alice,
        act: () => say(alice, TEAM, `${id}: hi`, said),
        check: () => inStep([TEAM], realm.all, id, said),
      }
    },
  },
  {
    name: 'reading, and then an answer',
    paths: ['/mailbox', '/mailbox/ack', '/groups/list', '/key-packages/count'],
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      const said: Said[] = []
      await alice.begin()
      await say(alice, TEAM, `${id}: question`, said)
      return {
        actor: bob,
        act: async () => {
          await (await bob.begin()).sync()
          return say(bob, TEAM, `${id}: answer`, said)
        },
        check: () => inStep([TEAM], realm.all, id, said),
      }
    },
  },
  {
    name: 'a first word to one who is away',
    paths: ['/mailbox', '/identity/find', '/key-packages/take', '/groups/create', '/groups/send'],
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      const said: Said[] = []
      await endConversation(realm)
      alice.forget('bob')
      await alice.begin()
      return {
        actor: alice,
        act: () => say(alice, { with: 'bob' }, `${id}: hi`, said),
        check: () => inStep(WITH, [alice, bob], id, said),
      }
    },
  },
  {
    name: 'a new group',
    paths: ['/groups/create', '/groups/list'],
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      await alice.begin()
      return {
        actor: alice,
        act: async () => {
          await alice.mail.sync()
          await alice.mail.createGroup(id)
        },
        check: async ({ error }) => {
          const exists = /^active/.test(alice.standing({ group: id }))
          assert.ok(exists || error, 'the group was made and is not there')
          if (!exists) await alice.mail.createGroup(id)
          await alice.mail.add(id, ['bob'])
          await inStep([{ group: id }], [alice, bob], id, [])
          await endGroup(realm, id)
        },
      }
    },
  },
  {
    name: 'a new member',
    paths: [
      '/groups/info',
      '/identity/find',
      '/key-packages/take',
      '/groups/commit',
      '/mailbox',
      '/mailbox/ack',
    ],
    prepare: async (realm, id) => {
      const { alice, bob, carol } = realm
      await newGroup(realm, id, bob)
      alice.forget('carol')
      await alice.begin()
      return {
        actor: alice,
        act: () => alice.mail.add(id, ['carol']),
        check: (ending) =>
          changed(realm, id, ending, [
            [alice, bob],
            [alice, bob, carol],
          ]),
      }
    },
  },
  {
    name: 'a member less',
    paths: ['/groups/commit', '/mailbox'],
    prepare: async (realm, id) => {
      const { alice, bob, carol } = realm
      await newGroup(realm, id, bob, carol)
      await alice.begin()
      return {
        actor: alice,
        act: () => alice.mail.remove(id, ['carol']),
        check: (ending) =>
          changed(realm, id, ending, [
            [alice, bob, carol],
            [alice, bob],
          ]),
      }
    },
  },
  {
    name: 'leaving',
    paths: ['/groups/leave', '/mailbox'],
    prepare: async (realm, id) => {
      const { alice, bob, carol } = realm
      await newGroup(realm, id, bob, carol)
      await bob.begin()
      return {
        actor: bob,
        act: () => bob.mail.leave(id),
        check: (ending) =>
          changed(realm, id, ending, [
            [alice, bob, carol],
            [alice, carol],
          ]),
      }
    },
  },
  {
    name: 'the end of a group',
    paths: ['/groups/destroy', '/mailbox'],
    prepare: async (realm, id) => {
      const { alice, bob, carol } = realm
      await newGroup(realm, id, bob)
      await alice.begin()
      return {
        actor: alice,
        act: () => alice.mail.destroy(id),
        check: async ({ error }) => {
          for (const one of realm.all) await one.contact()
          const standing = alice.standing({ group: id })
          assert.ok(standing === 'destroyed' || error, `${standing}, after success`)
          if (standing !== 'destroyed') {
            await inStep([{ group: id }], [alice, bob], id, [])
            await endGroup(realm, id)
            await bob.contact()
          }
          for (const one of [alice, bob]) assert.is(one.standing({ group: id }), 'destroyed', one.name)
          assert.is(carol.standing({ group: id }), 'unknown')
        },
      }
    },
  },
  {
    name: 'taking a place again',
    paths: ['/groups/info', '/identity/find', '/groups/commit', '/mailbox'],
    prepare: async (realm, id) => {
      const { bob } = realm
      await bob.breakGroup('team', 'history_forked')
      bob.forget('carol')
      await bob.begin()
      return {
        actor: bob,
        act: () => bob.mail.rejoin(TEAM),
        check: async ({ error }) => {
          const isBack = /^active/.test(bob.standing(TEAM))
          assert.ok(isBack || error, 'back, and not there')
          if (!isBack) await bob.mail.rejoin(TEAM)
          await inStep([TEAM], realm.all, id, [])
        },
      }
    },
  },
  {
    name: 'a place that is taken again without being asked',
    paths: ['/groups/list', '/groups/info', '/groups/commit'],
    prepare: async (realm, id) => {
      const { bob } = realm
      await bob.breakGroup('team', 'history_lost')
      return {
        actor: bob,
        act: async () => (await bob.begin()).sync(),
        check: () => inStep([TEAM], realm.all, id, []),
      }
    },
  },
  {
    name: 'a state that is lost',
    isSlow: true,
    paths: ['/identity/put', '/key-packages/put', '/groups/info'],
    prepare: async (realm, id) => {
      const { carol } = realm
      carol.state = new (carol.state.constructor as new () => typeof carol.state)()
      return {
        actor: carol,
        act: async () => (await carol.begin()).sync(),
        check: () => inStep([TEAM], realm.all, id, []),
      }
    },
  },
  {
    name: 'a file for one who is away',
    paths: ['/files/begin', '/files/put'],
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      await alice.begin()
      const group = await conversation(realm)
      const send = async () => {
        const note = await uploadFile(alice.post, group, content())
        return alice.mail.sendTo('bob', encodeFileNote(note), 'file')
      }
      await bob.contact()
      const before = bob.letters.length
      return {
        actor: alice,
        act: send,
        check: async ({ error }) => {
          if (error) await send()
          await bob.contact()
          const notes = bob.letters.slice(before).filter(({ kind }) => kind === 'file')
          assert.is(notes.length, 1, 'one file')
          const note = notes[0] && fileNoteOf(notes[0])
          assert.ok(note && equal(await fetched(bob, note), CONTENT), 'the file is whole')
          await inStep(WITH, [alice, bob], id, [])
        },
      }
    },
  },
  {
    name: 'a file that has changed meanwhile',
    paths: ['/files/drop'],
    refusal: 'file_changed',
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      await alice.begin()
      const group = await conversation(realm)
      const before = bob.letters.length
      return {
        actor: alice,
        act: () => uploadFile(alice.post, group, { ...content(), size: CONTENT.length + 1 }),
        check: async () => {
          await bob.contact()
          assert.is(bob.letters.slice(before).filter(({ kind }) => kind === 'file').length, 0)
          await inStep(WITH, [alice, bob], id, [])
        },
      }
    },
  },
  {
    name: 'fetching a file',
    paths: ['/files/get'],
    prepare: async (realm) => {
      const { alice, bob } = realm
      await alice.begin()
      const note = await uploadFile(alice.post, await conversation(realm), content())
      return {
        actor: bob,
        act: () => fetched(bob, note),
        check: async ({ value }) => {
          if (value) assert.ok(equal(value as Uint8Array, CONTENT))
          assert.ok(equal(await fetched(bob, note), CONTENT), 'the file is whole')
        },
      }
    },
  },
  {
    name: 'waiting for mail',
    paths: ['/mailbox/wait'],
    prepare: async (realm, id) => {
      const { alice, bob } = realm
      const said: Said[] = []
      await alice.begin()
      await bob.contact()
      await say(alice, TEAM, `${id}: hi`, said)
      const hears = async () => {
        const stop = new AbortController()
        try {
          for await (const event of bob.session.events('/mailbox/wait', { after: 0 }, stop.signal))
            return event
          return undefined
        } finally {
          stop.abort()
        }
      }
      return {
        actor: bob,
        act: hears,
        check: async () => {
          assert.match((await hears()) ?? '', /^\d+$/, 'an event comes')
          await inStep([TEAM], realm.all, id, said)
        },
      }
    },
  },
  {
    name: 'who is online',
    paths: ['/users/online'],
    prepare: async (realm) => {
      const { alice } = realm
      const ask = () => alice.post('/users/online', { usernames: ['dora'] }) as Promise<{ users: object[] }>
      return {
        actor: alice,
        act: ask,
        check: async () => assert.equal((await ask()).users, [{ username: 'dora', online: false }]),
      }
    },
  },
  {
    name: 'a receiver says that it listens',
    paths: ['/listen'],
    prepare: async (realm, id) => {
      const receiver = await realm.receiver()
      return { act: () => receiver.presence.refresh(), check: () => reachable(realm, id) }
    },
  },
  {
    name: 'a receiver whose session has ended',
    paths: ['/listen', '/login/start', '/login/finish'],
    plain: ['/login/start', '/login/finish'],
    prepare: async (realm, id) => {
      const receiver = await realm.receiver()
      await realm.kdc.store.sessions.end(sessionId(receiver.session.token))
      return { act: () => receiver.presence.refresh(), check: () => reachable(realm, id) }
    },
  },
  {
    name: 'a direct message',
    paths: ['/userinfo'],
    prepare: async (realm, id) => {
      const receiver = await realm.receiver()
      await realm.alice.contact()
      return {
        actor: realm.alice,
        act: () => tell(realm.alice.session, id),
        check: async ({ error }) => {
          const arrived = receiver.got.filter((text) => text === id).length
          assert.is(arrived, error ? 0 : 1, 'delivered as it was said')
          await reachable(realm, `${id} again`)
        },
      }
    },
  },
  {
    name: 'an account',
    paths: ['/register/start', '/register/finish', '/login/start', '/login/finish'],
    plain: ['/login/start', '/login/finish'],
    prepare: async (realm, id) => {
      const invitation = await realm.invite()
      const make = () => register(realm.url, id, id, { ...realm.options, invitation })
      return {
        act: async () => (await make()).close(),
        check: async ({ error }) => {
          if (error) {
            await make().then(
              (session) => session.close(),
              ({ code }) => assert.ok(['account_exists', 'invitation_refused'].includes(code), code),
            )
          }
          await (await login(realm.url, id, id, realm.options)).close()
        },
      }
    },
  },
  {
    name: 'a login',
    paths: ['/login/start', '/login/finish'],
    plain: ['/login/start', '/login/finish'],
    prepare: async ({ dora }) => ({
      act: async () => (await dora.login()).logout(),
      check: async () => (await dora.login()).logout(),
    }),
  },
  {
    name: 'a change of password',
    paths: ['/password/start', '/password/finish'],
    prepare: async (realm, id) => {
      const { dora } = realm
      const session = await dora.login()
      const [before, after] = [dora.password, `${id} is a password`]
      const holds = async (password: string) => {
        try {
          await (await dora.login(password)).logout()
          return true
        } catch (error) {
          assert.is((error as { code?: string }).code, 'login_refused')
          return false
        }
      }
      return {
        act: () => session.changePassword(after),
        check: async ({ error }) => {
          await session.close()
          const [old, now] = [await holds(before), await holds(after)]
          dora.password = now ? after : before
          assert.not.equal(old, now, 'one of the two holds')
          if (!error) assert.ok(now, 'said to hold')
        },
      }
    },
  },
  {
    name: 'the list of sessions',
    paths: ['/sessions'],
    prepare: async ({ dora }) => {
      const session = await dora.login()
      return {
        act: () => session.sessions(),
        check: async () => {
          assert.ok((await session.sessions()).some(({ isThis }) => isThis))
          await session.logout()
        },
      }
    },
  },
  {
    name: 'the end of another session',
    paths: ['/sessions/end'],
    prepare: async (realm) => {
      const [session, other] = [await realm.dora.login(), await realm.dora.login()]
      const id = toHex(sessionId(other.token))
      return {
        act: () => session.endSessions(id),
        check: async ({ error, value }) => {
          assert.ok(error || value === 1, `${value} ended`)
          assert.ok(error || !(await realm.isAlive(other)), 'said to have ended')
          await session.endSessions(id)
          assert.not.ok(await realm.isAlive(other))
          assert.ok(await realm.isAlive(session))
          await session.logout()
          await other.close()
        },
      }
    },
  },
  {
    name: 'a logout',
    paths: ['/logout'],
    prepare: async (realm) => {
      const session = await realm.dora.login()
      const sid = sessionId(session.token)
      return {
        act: () => session.logout(),
        check: async ({ error }) => assert.ok(error || !(await realm.hasSession(sid)), 'said to have ended'),
      }
    },
  },
]

/** A message straight to bob's receiver, with a session that is not meddled with afterwards. */
async function tell(session: Session, text: string): Promise<void> {
  const channel = await session.connect('bob')
  await channel.send(text)
  await channel.close()
}

/** Bob's receiver goes on, and others reach it. */
async function reachable(realm: MeddledRealm, id: string): Promise<void> {
  const { presence, changes, got } = await realm.receiver()
  assert.not.ok(
    changes.some(({ state }) => state === 'refused'),
    'the receiver has given up',
  )
  await presence.refresh()
  const { alice } = realm
  await tell(alice.session, `${id}: hi`).catch(async (error) => {
    if (!isOver(error)) throw error
    await alice.enter()
    await tell(alice.session, `${id}: hi`)
  })
  assert.is(got.filter((text) => text === `${id}: hi`).length, 1, 'heard once')
}
