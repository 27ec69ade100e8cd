/** Messages to those who are away, and who can be left any. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requireStored } from '../../src/cli/mailbox/messages.ts'
import type { Output } from '../../src/cli/terminal/output.ts'
import { utf8 } from '../../src/lib/bytes.ts'
import { TransportError } from '../../src/lib/errors.ts'
import { leaveMessage } from '../../src/lib/mls/leave.ts'
import type { Mailbox } from '../../src/lib/mls/mailbox.ts'
import type { MailboxAccess } from '../../src/lib/mls/mailbox-handle.ts'
import type { StoreResult } from '../../src/lib/mls/types.ts'
import { Realm } from '../helpers/realm.ts'
import { rejects } from '../helpers/throws.ts'

const stored = suite('messages that wait')
let realm: Realm

stored.before(async () => {
  realm = await Realm.start('alice', 'bob', 'carol', 'erin', 'frank')
})

stored.after(() => realm.close())

/** Deletes what a person's tools have kept on this machine: another machine has none of it either. */
const onAnotherMachine = () => rmSync(join(realm.home, 'state'), { recursive: true, force: true })

stored('a person who has never logged in has no keys, and is said to be away', async () => {
  const { stderr } = await realm.tool('sender', 'alice', 'bob', 'hi').input().ends(3)
  assert.match(stderr, /bob is not listening anywhere, .* has never logged in \(receiver_offline\)/)
})

for (const [tool, name] of [
  ['sessions', 'bob'],
  ['users', 'erin'],
] as const) {
  stored(
    `can be left for a person who has only run ${tool}, and are shown once by the receiver`,
    async () => {
      await realm.tool(tool, name).input().ends(0)
      const alice = await realm.tool('sender', 'alice', name, 'see you').input().ends(0)
      assert.is(alice.stderr, `sender: stored for ${name}, who is away\n`)
      const receiver = await realm.receiver(name)
      const line = await receiver.says('stdout', /^\[.*\] alice: see you$/m)
      assert.match(line, /^\[\d{4}-\d\d-\d\d \d\d:\d\d\] /)
      await receiver.stop()
      const again = await realm.receiver(name)
      await realm.tool('sender', 'alice', name, 'live').input().ends(0)
      assert.is(again.stdout, 'alice: live\n')
      await again.stop()
    },
  )
}

stored(
  'can be left for oneself, with files, and are shown once; or go straight to one’s receiver',
  async () => {
    const path = join(realm.home, 'list.txt')
    writeFileSync(path, 'milk')
    const { stderr } = await realm.tool('sender', 'frank', 'frank', 'note', '--file', path).input().ends(0)
    assert.is(stderr, `sender: stored for frank, who is away\nsender: stored ${path} for frank\n`)
    const inbox = join(realm.home, 'franks')
    const receiver = await realm.receiver('frank', '--output', inbox)
    await receiver.says('stdout', /frank: \[file\] list\.txt/)
    assert.is(receiver.stdout.match(/frank: note/g)?.length, 1)
    assert.is(readFileSync(join(inbox, 'list.txt'), 'utf8'), 'milk')
    const live = await realm.tool('sender', 'frank', 'frank', 'live').input().ends(0)
    assert.is(live.stderr, 'sender: delivered to frank\n')
    await receiver.says('stdout', /^frank: live$/m)
    await receiver.stop()
    const again = await realm.receiver('frank')
    await realm.tool('sender', 'frank', 'frank', 'once more').input().ends(0)
    assert.is(again.stdout, 'frank: once more\n')
    await again.stop()
  },
)

stored('can be left for a person who has just signed up', async () => {
  const file = join(realm.home, 'invitation')
  writeFileSync(file, `${await realm.invite('dave', 'kdc')}\n`, { mode: 0o600 })
  await realm.tool('register', 'dave', '--invitation-file', file).input().ends(0)
  const { stderr } = await realm.tool('sender', 'alice', 'dave', 'welcome').input().ends(0)
  assert.is(stderr, 'sender: stored for dave, who is away\n')
})

stored('an account is made even where its mailbox cannot be, and the next tool makes it', async () => {
  const file = join(realm.home, 'invitation')
  writeFileSync(file, `${await realm.invite('grace', 'kdc')}\n`, { mode: 0o600 })
  const inTheWay = join(realm.home, 'a-file')
  writeFileSync(inTheWay, '')
  const login = ['--kdc', realm.url, '--password-file', realm.passwordFile]
  const env = { XDG_STATE_HOME: inTheWay }
  const grace = realm.runWith(env, 'src/register.ts', 'grace', ...login, '--invitation-file', file).input()
  await grace.ends(0)
  assert.match(grace.stderr, /^register: grace has an account .*\nregister: nothing can wait for grace yet: /)
  assert.not.match(grace.stderr, /^\s+at /m, 'no stack')
  await realm.tool('users', 'grace').input().ends(0)
  await realm.tool('sender', 'alice', 'grace', 'welcome').input().ends(0)
})

stored('a tool that neither reads nor stores takes no mailbox from another machine', async () => {
  // Her keys are at the KDC before her receiver is stopped: it listens first, and publishes them then.
  await realm.tool('users', 'carol').input().ends(0)
  const carol = await realm.receiver('carol')
  await realm.tool('sender', 'alice', 'carol', 'live').input().ends(0)
  await carol.stop()
  const elsewhere = { XDG_STATE_HOME: join(realm.home, 'elsewhere') }
  const login = ['--kdc', realm.url, '--password-file', realm.passwordFile]
  await realm.runWith(elsewhere, 'src/sessions.ts', 'carol', ...login).ends(0)
  assert.not.ok(existsSync(elsewhere.XDG_STATE_HOME), 'nor does it leave an empty one there')
  await realm.tool('sender', 'alice', 'carol', 'later').input().ends(0)
  const back = await realm.receiver('carol')
  await back.says('stdout', /alice: later/)
  assert.not.match(back.stderr, /lost|key/)
  await back.stop()
})

stored('--no-store fails when the receiver is away', async () => {
  const { stderr } = await realm.tool('sender', 'alice', 'carol', 'hi', '--no-store').input().ends(3)
  assert.match(stderr, /receiver_offline/)
})

stored('a state that is lost is said to those who write, and messages arrive all the same', async () => {
  onAnotherMachine()
  const carol = await realm.receiver('carol')
  await carol.says('stderr', /with alice: back in the conversation/)
  await carol.stop()
  const alice = await realm.tool('sender', 'alice', 'carol', 'are you there?').input().ends(0)
  assert.match(alice.stderr, /^sender: with carol: back in the conversation; .* is lost/m)
  const back = await realm.receiver('carol')
  await back.says('stdout', /alice: are you there\?/)
  await back.stop()
})

stored('a message that the KDC may not have is not said to be stored', async () => {
  const events: string[] = []
  const output = { event: (name: string) => events.push(name) } as unknown as Output
  const reason = new TransportError('kdc_unreachable', 'gone')
  const leave = async (sent: StoreResult) => {
    let syncs = 0
    const mailbox = {
      sendTo: async () => sent,
      sync: async () => {
        if (syncs++ > 0) throw reason
      },
    } as unknown as Mailbox
    const mail = { use: (work) => work(mailbox) } as MailboxAccess
    requireStored(output, await leaveMessage(mail, { with: 'bob' }, utf8('hi')))
  }
  // What is stored stays so, whatever comes afterwards.
  await leave({ stored: true })
  assert.equal(events, [])
  await rejects(leave({ stored: false, reason }), 'kdc_unreachable')
  assert.equal(events, ['kept'])
})

stored.run()
