/**
 * A KDC's delivery service in memory, as docs/protocol.md §7.1 to §7.3 has it; and one that lies, when a test says how.
 * test/lib/mls/kdc.test.ts holds it against the real one.
 */
import { ProtocolError, TransportError } from '../../src/lib/errors.ts'
import type { PostToKdc } from '../../src/lib/mls/types.ts'
import { FakeFiles } from './fake-files.ts'

export interface FakeEntry {
  position: number
  group: string
  seq: number
  epoch: number
  sender: string
  kind: 'commit' | 'message' | 'proposal' | 'destroyed'
  at: number
  payload?: string
  /** Welcomes by who was added. */
  welcome?: string
  added: string[]
  removed: string[]
}

interface Membership {
  from: number
  to: number
}

interface FakeGroup {
  id: string
  kind: 'named' | 'direct'
  name?: string
  admin?: string
  epoch: number
  seq: number
  info: string
  members: Set<string>
  left: Set<string>
  windows: Map<string, Membership[]>
  destroyed: boolean
}

type Body = Record<string, unknown>
const strings = (value: unknown) => (value ?? []) as string[]
const refuse = (code: ConstructorParameters<typeof ProtocolError>[0]) =>
  new ProtocolError(code, `refused: ${code}`)

export class FakeDelivery {
  readonly identities = new Map<string, string>()
  /** The identities that were replaced. */
  readonly earlier = new Map<string, string[]>()
  readonly packages = new Map<string, { once: string[]; last?: string }>()
  readonly groups = new Map<string, FakeGroup>()
  readonly entries: FakeEntry[] = []
  readonly acknowledged = new Map<string, number>()
  /** How often each path was asked for. */
  readonly asked = new Map<string, number>()
  readonly files = new FakeFiles((username, group) => this.groups.get(group)?.members.has(username) ?? false)
  readonly #answers = new Map<string, unknown>()
  pageSize = 500
  quota = Number.POSITIVE_INFINITY
  now = 1_800_000_000

  /** Forgets which requests it has answered. */
  forgetful = false
  /** Lets every principal do anything. */
  lax = false
  /** Lies about the mailbox: what it gives in place of a page. */
  lieInMailbox: (username: string, page: FakeEntry[]) => FakeEntry[] = (_username, page) => page
  /** Lies about an answer. */
  lie: (username: string, path: string, answer: unknown, body: Body) => unknown = (_u, _p, answer) => answer
  /** Before a request is heard: throws to lose it; after: to lose the answer. */
  before: (username: string, path: string, body: Body) => void | Promise<void> = () => {}
  after: (username: string, path: string, body: Body) => void | Promise<void> = () => {}

  /** The same records, and none of the lies. */
  copy(): FakeDelivery {
    const copy = new FakeDelivery()
    for (const field of ['identities', 'earlier', 'packages', 'groups', 'acknowledged'] as const) {
      for (const [key, value] of this[field])
        (copy[field] as Map<string, unknown>).set(key, structuredClone(value))
    }
    copy.entries.push(...structuredClone(this.entries))
    for (const [key, answer] of this.#answers) copy.#answers.set(key, answer)
    return copy
  }

  post(username: string): PostToKdc {
    return async (path, sent) => {
      // What goes over a wire is a copy.
      const body = JSON.parse(JSON.stringify(sent)) as Body
      await this.before(username, path, body)
      this.asked.set(path, (this.asked.get(path) ?? 0) + 1)
      const answer = this.#once(username, path, body)
      await this.after(username, path, body)
      return JSON.parse(JSON.stringify(this.lie(username, path, answer, body)))
    }
  }

  /** A request with an `id` that was answered before is answered the same. */
  #once(username: string, path: string, body: Body): unknown {
    const key = typeof body.id === 'string' ? `${username} ${body.id}` : undefined
    if (key !== undefined && !this.forgetful && this.#answers.has(key)) return this.#answers.get(key)
    const answer = this.#answer(username, path, body)
    if (key !== undefined) this.#answers.set(key, answer)
    return answer
  }

  #answer(username: string, path: string, body: Body): unknown {
    if (path.startsWith('/files/')) return this.files.answer(username, path, body)
    const routes: Record<string, (username: string, body: Body) => unknown> = {
      '/identity/put': this.#putIdentity,
      '/identity/find': this.#findIdentities,
      '/key-packages/put': this.#putPackages,
      '/key-packages/count': (who) => ({ count: this.packages.get(who)?.once.length ?? 0 }),
      '/key-packages/take': this.#takePackages,
      '/groups/create': this.#create,
      '/groups/list': this.#list,
      '/groups/info': this.#info,
      '/groups/commit': this.#commit,
      '/groups/send': this.#send,
      '/groups/leave': this.#leave,
      '/groups/destroy': this.#destroy,
      '/mailbox': this.#mailbox,
      '/mailbox/ack': this.#ack,
    }
    const route = routes[path]
    if (!route) throw new Error(`no such path: ${path}`)
    return route.call(this, username, body)
  }

  #putIdentity(username: string, body: Body) {
    const key = String(body.signature_key)
    const before = this.identities.get(username)
    if (before !== key) this.packages.delete(username)
    if (before !== undefined && before !== key) {
      this.earlier.set(username, [...(this.earlier.get(username) ?? []), before])
    }
    this.identities.set(username, key)
    return { time: this.now }
  }

  #findIdentities(_username: string, body: Body) {
    const identities = strings(body.usernames).flatMap((username) => {
      const signature_key = this.identities.get(username)
      const earlier = (this.earlier.get(username) ?? []).map((key) => ({ signature_key: key }))
      return signature_key === undefined ? [] : [{ username, signature_key, since: this.now, earlier }]
    })
    return { identities, time: this.now }
  }

  #putPackages(username: string, body: Body) {
    if ((body.signature_key ?? this.identities.get(username)) !== this.identities.get(username))
      throw refuse('not_allowed')
    const own = this.packages.get(username) ?? { once: [] }
    const packages = strings(body.packages)
    if (own.once.length + packages.length > 200)
      throw new TransportError('quota_exceeded', 'too many packages')
    own.once.push(...packages)
    if (body.last_resort !== undefined) own.last = String(body.last_resort)
    this.packages.set(username, own)
    return { count: own.once.length }
  }

  #takePackages(_username: string, body: Body) {
    const packages: { username: string; package: string }[] = []
    const missing: string[] = []
    for (const username of strings(body.usernames)) {
      const own = this.packages.get(username)
      const taken = own?.once.shift() ?? own?.last
      if (taken === undefined) missing.push(username)
      else packages.push({ username, package: taken })
    }
    return { packages, missing }
  }

  #create(username: string, body: Body) {
    const others = strings(body.members)
    const pair = [username, ...others].sort().join()
    for (const group of this.groups.values()) {
      const samePair = group.kind === 'direct' && [...group.members].sort().join() === pair
      const same = body.kind === 'named' ? group.name === body.name : samePair
      if (group.id === body.group || (!this.lax && !group.destroyed && same && group.kind === body.kind))
        throw refuse('group_exists')
    }
    if (others.some((other) => !this.identities.has(other))) throw refuse('receiver_unknown')
    const group: FakeGroup = {
      id: String(body.group),
      kind: body.kind as 'named',
      ...(body.kind === 'named' && { name: String(body.name), admin: username }),
      epoch: 0,
      seq: 0,
      info: String(body.group_info),
      members: new Set([username]),
      left: new Set(),
      windows: new Map([[username, [{ from: 0, to: Number.POSITIVE_INFINITY }]]]),
      destroyed: false,
    }
    this.groups.set(group.id, group)
    if (body.commit === undefined) return { position: this.entries.length, seq: 0, time: this.now }
    return this.#append(group, username, 'commit', { ...body, added: others })
  }

  #append(group: FakeGroup, sender: string, kind: FakeEntry['kind'], body: Body) {
    const [added, removed] = [strings(body.added), strings(body.removed)]
    group.seq++
    const entry: FakeEntry = {
      position: this.entries.length + 1,
      group: group.id,
      seq: group.seq,
      epoch: group.epoch,
      sender,
      kind,
      at: this.now,
      added,
      removed,
    }
    const payload = body.commit ?? body.message ?? body.proposal
    if (payload !== undefined) entry.payload = String(payload)
    if (body.welcome !== undefined) entry.welcome = String(body.welcome)
    this.entries.push(entry)
    for (const username of removed) this.#close(group, username, entry.seq)
    for (const username of added) {
      group.members.add(username)
      group.left.delete(username)
      const windows = group.windows.get(username) ?? []
      group.windows.set(username, [...windows, { from: entry.seq, to: Number.POSITIVE_INFINITY }])
    }
    if (kind === 'commit') {
      group.epoch++
      group.info = String(body.group_info)
    }
    return { position: entry.position, seq: entry.seq, time: this.now }
  }

  #close(group: FakeGroup, username: string, seq: number): void {
    group.members.delete(username)
    group.left.delete(username)
    const window = group.windows.get(username)?.at(-1)
    if (window) window.to = Math.min(window.to, seq)
  }

  #group(username: string, body: Body): FakeGroup {
    const group = this.groups.get(String(body.group))
    if (!group || group.destroyed || !(this.lax || group.members.has(username))) throw refuse('group_unknown')
    return group
  }

  /** In the order in which the groups were made, which is as good as any. */
  #list(username: string, { after }: Body) {
    const groups = [...this.groups.values()].filter(
      (group) => !group.destroyed && group.members.has(username),
    )
    const rest = groups.slice(groups.findIndex(({ id }) => id === after) + 1)
    const page = rest.slice(0, this.pageSize).map((group) => this.#describe(group))
    return { groups: page, more: rest.length > page.length }
  }

  #describe({ id, kind, name, admin, epoch, seq, members, left }: FakeGroup) {
    return {
      group: id,
      kind,
      ...(name && { name }),
      ...(admin && { admin }),
      epoch,
      seq,
      members: [...members],
      left: [...left],
    }
  }

  #info(username: string, body: Body) {
    const group = this.#group(username, body)
    return { ...this.#describe(group), group_info: group.info }
  }

  #commit(username: string, body: Body) {
    const group = this.#group(username, body)
    const [added, removed] = [strings(body.added), strings(body.removed)]
    const isAdmin = group.admin === username
    if (added.length > 0 && !isAdmin && !this.lax) throw refuse('not_allowed')
    if (!this.lax && removed.some((name) => name === group.admin || !(isAdmin || group.left.has(name))))
      throw refuse('not_allowed')
    if (added.some((name) => !this.identities.has(name))) throw refuse('receiver_unknown')
    if (body.epoch !== group.epoch) throw refuse('epoch_passed')
    return this.#append(group, username, 'commit', body)
  }

  #send(username: string, body: Body) {
    const group = this.#group(username, body)
    if (body.epoch !== group.epoch) throw refuse('epoch_passed')
    // Of one who was never with others: with itself.
    const isAlone = group.members.size < 2 && group.windows.size > 1
    if (group.kind === 'direct' && isAlone) throw refuse('group_unknown')
    if (this.entries.length >= this.quota) throw new TransportError('quota_exceeded', 'too much waits')
    return this.#append(group, username, 'message', body)
  }

  #leave(username: string, body: Body) {
    const group = this.#group(username, body)
    if (group.admin === username && !this.lax) throw refuse('not_allowed')
    if (body.epoch !== group.epoch) throw refuse('epoch_passed')
    const answer = this.#append(group, username, 'proposal', body)
    this.#close(group, username, answer.seq)
    group.left.add(username)
    return answer
  }

  #destroy(username: string, body: Body) {
    const group = this.#group(username, body)
    if (group.kind === 'named' && group.admin !== username) throw refuse('not_allowed')
    const answer = this.#append(group, username, 'destroyed', {})
    group.destroyed = true
    return answer
  }

  /** What a member may see, from a position on. */
  visible(username: string, after = 0): FakeEntry[] {
    return this.entries
      .filter(({ position }) => position > after)
      .filter(({ group, seq }) => {
        const windows = this.groups.get(group)?.windows.get(username) ?? []
        return windows.some(({ from, to }) => from <= seq && seq <= to)
      })
      .map(({ welcome, payload, ...entry }) => {
        const isFor = entry.added.includes(username)
        if (isFor && welcome !== undefined) return { ...entry, welcome }
        return payload === undefined ? entry : { ...entry, payload }
      })
  }

  #mailbox(username: string, body: Body) {
    const all = this.lieInMailbox(username, this.visible(username, Number(body.after)))
    const size = Math.min(this.pageSize, Number(body.limit))
    return { entries: all.slice(0, size), more: all.length > size, time: this.now }
  }

  #ack(username: string, body: Body) {
    const before = this.acknowledged.get(username) ?? 0
    this.acknowledged.set(username, Math.max(before, Number(body.position)))
    return {}
  }
}
