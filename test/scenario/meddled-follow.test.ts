/**
 * One who reads on as more comes, while somebody on the way to the KDC forges, changes and cuts: nothing that has no seal ends it, and when the
 * line is clean again it shows what comes next.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { follow } from '../../src/cli/group/follow.ts'
import { login } from '../../src/lib/session.ts'
import { sessionId } from '../../src/lib/ticket.ts'
import { MeddlingProxy } from '../helpers/meddling-proxy.ts'
import { CLIENT_CODES, FORGERIES, forged, KDC_CODES, WAYS, type Way } from '../helpers/mischief.ts'
import { MeddledRealm, PASSWORD } from './meddled-realm.ts'

const following = suite('reading on, when somebody meddles')

/** A principal has eight streams at a time (docs/protocol.md §7.3), and a broken one is noticed late. */
const AT_ONCE = 4

let realm: MeddledRealm

following.before(async () => {
  realm = await MeddledRealm.start()
})

following.after(() => realm.close())

interface Case extends Way {
  readonly path: string
}

const forge = (how: string, code: string, status?: number): Way => ({
  what: `${status ?? ''} ${code} is forged, and the request ${how}`,
  mischief: FORGERIES.get(how)?.(forged(code, status)) ?? (async () => 'cut'),
})

/** One way of each kind, and forged problems: those that mean an end to a client, and those that a KDC says. */
function casesOf(path: string): Case[] {
  const said = ['group_unknown', 'request_refused', 'token_unknown', 'plaintext_refused', 'internal']
  const concluded = [
    'kdc_key_changed',
    'state_damaged',
    'history_forked',
    'decryption_failed',
    'channel_closed',
  ]
  assert.ok(
    concluded.every((code) => CLIENT_CODES.includes(code)) && said.every((code) => KDC_CODES.has(code)),
  )
  return [
    ...[...WAYS.values()].flatMap(([way]) => (way ? [way] : [])),
    ...said.map((code) => forge('delivered', code)),
    ...concluded.map((code) => forge('lost', code, 401)),
  ].map((way) => ({ ...way, path }))
}

/** A follower with a connection of its own, and what it has shown. */
async function startFollower(proxy: MeddlingProxy) {
  const session = await login(proxy.url, 'bob', PASSWORD, realm.options)
  const ending = new AbortController()
  let shown = 0
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of watchers) watcher()
  }
  let ended: Error | 'ended' | undefined
  let looks = 0
  const handle = {
    async *arrivals(signal: AbortSignal) {
      for await (const _ of session.events('/mailbox/wait', { after: 0 }, signal)) yield
    },
    close: async () => {},
  }
  const showMore = async () => {
    looks++
    changed()
    const { entries } = (await session.request('/mailbox', { after: 0, limit: 500 })) as {
      entries: unknown[]
    }
    const count = entries.length - shown
    shown = entries.length
    changed()
    return { count }
  }
  const output = { event: () => {} }
  const of = { with: 'alice' }
  const { signal } = ending
  const done = follow({ session, handle, output, of, showMore, signal } as never).then(
    () => {
      ended = 'ended'
      changed()
    },
    (error) => {
      ended = error
      changed()
    },
  )
  /** Waits until something is so, or it has ended. */
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isSo() && ended === undefined) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return {
    session,
    until,
    shown: () => shown,
    looks: () => looks,
    ended: () => ended,
    stop: async () => {
      ending.abort()
      await done
      await session.close()
    },
  }
}

/** How many entries there are for bob at the KDC, once there is one more. */
async function oneMore(): Promise<number> {
  await realm.alice.say({ group: 'team' }, realm.next())
  const { entries } = (await realm.bob.post('/mailbox', { after: 0, limit: 500 })) as { entries: unknown[] }
  return entries.length
}

async function tryCase({ path, mischief }: Case): Promise<void> {
  const isLogin = path.startsWith('/login/')
  const proxy = await MeddlingProxy.start(realm.kdcUrl)
  const met = isLogin ? undefined : proxy.plan(path, mischief, { times: 2 })
  const follower = await startFollower(proxy)
  try {
    if (isLogin) {
      await follower.until(() => follower.shown() > 0)
      await realm.kdc.store.sessions.end(sessionId(follower.session.token))
      const asked = proxy.plan(path, mischief, { times: 1 })
      // Whatever comes next finds the session over.
      await oneMore()
      await Promise.race([asked, follower.until(() => false)])
      // It looks again, sooner or later.
      const looks = follower.looks()
      await follower.until(() => follower.looks() > looks)
      assert.not.ok(follower.ended(), `it has ended: ${follower.ended()}`)
      return
    }
    await met
    await proxy.clean()
    const entries = await oneMore()
    await follower.until(() => follower.shown() >= entries)
    assert.not.ok(follower.ended(), `it has ended: ${follower.ended()}`)
  } finally {
    await proxy.clean()
    await follower.stop()
    await proxy.close()
  }
}

for (const path of ['/mailbox', '/mailbox/wait', '/login/start', '/login/finish']) {
  following(`nothing that somebody answers to ${path} ends it`, async () => {
    const queue = casesOf(path)
    const count = queue.length
    const failures: string[] = []
    const work = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const { what } = one
        await tryCase(one).catch((error: Error) => failures.push(`${what}: ${error.message}`))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    assert.is(failures.length, 0, `${failures.length} of ${count}:\n  ${failures.join('\n  ')}`)
  })
}

following.run()
