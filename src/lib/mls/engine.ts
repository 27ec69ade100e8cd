/**
 * The work behind a mailbox: fetch, apply, keep, acknowledge; and bring to the KDC what was begun, until it is known what became of
 * it. One thing at a time: whoever calls makes sure of that.
 *
 * @module
 */
import { toBase64url } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { ProtocolError, type SymbolonError } from '../errors.ts'
import type { RandomBytes } from '../random.ts'
import { adopt } from './adopt.ts'
import { type Post, readCount, readInfo, readPage, readStored } from './answers.ts'
import { applyEntry } from './apply-entry.ts'
import { encodePlace, placeOf } from './chain.ts'
import { burnHandshakeKey, type Maker, makeCommit, makeRejoin } from './changes.ts'
import { judgeKeys } from './contacts.ts'
import { breakGroup } from './damage.ts'
import { type Group, labelOf } from './group.ts'
import { listGroups } from './group-list.ts'
import { makeIdentity } from './identity.ts'
import type { Intake } from './intake.ts'
import { draftKeyPackages, forgetExpired } from './key-packages.ts'
import { KEYS } from './keys.ts'
import type { Notice, OnNotice } from './notices.ts'
import type { Change, Outgoing } from './pending.ts'
import { toRemove } from './policy.ts'
import { hasCode, isRefusal, isUnknown } from './refusals.ts'
import type { StateStore } from './state-store.ts'
import type { Mls } from './suite.ts'
import { Draft, Vault } from './vault.ts'

const ID_BYTES = 16
const PAGE_ENTRIES = 500
const FIRST_PACKAGES = 50
const FEWEST_PACKAGES = 20
const PACKAGES_AT_ONCE = 50
/** What the KDC keeps of one principal (docs/protocol.md §7.1). */
const MOST_PACKAGES = 200
/** How often key packages are counted without a reason, and made anew because the old ones age. */
const COUNT_SEC = 600
const REFRESH_SEC = 30 * 24 * 3600
/** How often a change is tried against others who change the same group. */
const MAX_TRIES = 8

export interface EngineOptions {
  readonly username: string
  readonly post: Post
  readonly state: StateStore
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly onNotice: OnNotice
}

/** What became of a message: stored by the KDC; or kept here, to be sent by the next `sync`, because the KDC was not reached. */
export type Sent =
  | { readonly stored: true; readonly position: number; readonly seq: number }
  | { readonly stored: false; readonly reason: Error }

export class Engine {
  readonly vault: Vault
  readonly maker: Maker
  readonly #options: EngineOptions
  #acknowledged = -1
  #countAt = 0
  /** Messages that the KDC has, and that have not come back yet. */
  readonly #stored = new Set<number>()

  private constructor(vault: Vault, options: EngineOptions) {
    this.vault = vault
    this.#options = options
    const newId = () => toBase64url(options.randomBytes(ID_BYTES))
    this.maker = { mls: vault.mls, username: options.username, clock: options.clock, newId }
  }

  /** Reads what is kept; `start` makes it work. */
  static async open(mls: Mls, options: EngineOptions): Promise<Engine> {
    return new Engine(await Vault.open(mls, options.state), options)
  }

  get username(): string {
    return this.#options.username
  }

  draft(): Draft {
    return new Draft(this.vault)
  }

  post(path: string, body: Record<string, unknown>): Promise<unknown> {
    return this.#options.post(path, body)
  }

  /** A new group's id. */
  newGroupId(): string {
    return toBase64url(this.#options.randomBytes(ID_BYTES))
  }

  // The identity and its key packages.

  /** Makes an identity, unless there is one, and sees to it that the KDC has it. */
  async start(): Promise<void> {
    if (!this.vault.identity) {
      const draft = this.draft()
      draft.setIdentity(await makeIdentity(this.vault.mls))
      await draft.write()
    }
    const { identity } = this.draft()
    if (!identity.published) {
      await this.post('/identity/put', { signature_key: toBase64url(identity.publicKey) })
      await this.#publishPackages(FIRST_PACKAGES)
    }
    await this.#tellKept()
  }

  /** Puts new key packages, and a new last resort: kept here first, so that nobody uses one that we cannot open. */
  async #publishPackages(count: number): Promise<void> {
    const { username, clock } = this.#options
    const draft = this.draft()
    const packages = await draftKeyPackages(draft, username, clock, count, false)
    const [last_resort] = await draftKeyPackages(draft, username, clock, 1, true)
    await forgetExpired(this.vault, draft, clock)
    await draft.write()
    await this.post('/key-packages/put', { packages, last_resort })
    const done = this.draft()
    done.setIdentity({ ...done.identity, published: true, refreshedAt: clock(), lastResortUsed: false })
    await done.write()
  }

  /** Makes more key packages when few are left, or old, or the last resort was used. */
  async replenish(usedPackage: boolean): Promise<void> {
    const now = this.#options.clock()
    const { refreshedAt, lastResortUsed } = this.draft().identity
    const isDue = lastResortUsed || refreshedAt + REFRESH_SEC < now
    if (!isDue && !usedPackage && this.#countAt + COUNT_SEC > now) return
    const { count } = readCount(await this.post('/key-packages/count', {}))
    this.#countAt = now
    // What there is no room for would be refused, and the last resort with it.
    const room = Math.max(0, MOST_PACKAGES - count)
    if (isDue || count < FEWEST_PACKAGES) await this.#publishPackages(Math.min(PACKAGES_AT_ONCE, room))
  }

  // Fetching.

  #intake(draft: Draft): Intake {
    const { username, post } = this.#options
    return { mls: this.vault.mls, username, post, draft, unknown: new Set(), usedPackage: false }
  }

  /** Fetches and applies all that waits. */
  async pull(): Promise<{ unknown: Set<string>; usedPackage: boolean }> {
    const unknown = new Set<string>()
    let usedPackage = false
    for (let more = true; more; ) {
      const after = this.vault.cursor
      const page = readPage(await this.post('/mailbox', { after, limit: PAGE_ENTRIES }))
      const draft = this.draft()
      const intake = { ...this.#intake(draft), unknown }
      for (const entry of page.entries) {
        await applyEntry(intake, entry)
        await turn()
      }
      usedPackage ||= intake.usedPackage
      await this.#write(draft)
      await this.#acknowledge()
      more = page.more && this.vault.cursor > after
    }
    return { unknown, usedPackage }
  }

  async #acknowledge(): Promise<void> {
    const { cursor } = this.vault
    if (cursor === 0 || this.#acknowledged === cursor) return
    await this.post('/mailbox/ack', { position: cursor })
    this.#acknowledged = cursor
  }

  async #write(draft: Draft): Promise<void> {
    await draft.write()
    await this.#tellKept()
  }

  /** Tells what is to be told, and then forgets it: told twice when the power goes between, never not at all. */
  async #tellKept(): Promise<void> {
    const { notices } = this.vault
    if (notices.size === 0) return
    const told = [...notices].sort(([a], [b]) => a - b)
    for (const [, notice] of told) this.#options.onNotice(notice)
    await this.vault.keep(new Map(told.map(([number]) => [KEYS.notice(number), null])))
    for (const [number] of told) notices.delete(number)
  }

  async tell(notice: Notice): Promise<void> {
    const draft = this.draft()
    draft.notice(notice)
    await this.#write(draft)
  }

  // Changes.

  /**
   * Keeps a change, and brings it to the KDC.
   *
   * @returns whether it happened; otherwise somebody else was first, and it may be made anew.
   * @throws what the KDC refuses it by; or, when that is unknown, why the KDC was not reached.
   */
  async submit(id: string, change: Change, draft: Draft = this.draft()): Promise<boolean> {
    draft.setChange(id, change)
    await this.#write(draft)
    return this.settle(id)
  }

  /** Finds out what became of a change that was begun, by asking for it once more. Without one, it is settled. */
  async settle(id: string): Promise<boolean> {
    const change = this.vault.changes.get(id)
    if (!change) return true
    let seq: number | undefined
    try {
      seq = readStored(await this.post(change.path, change.body)).seq
    } catch (error) {
      if (!isRefusal(error)) throw error
      return this.#refused(id, change, error)
    }
    if (change.payload === undefined) await this.#adoptNow(id, change, seq ?? 0)
    else await this.pull()
    if (this.vault.changes.get(id) === change) {
      throw new ProtocolError(
        'history_damaged',
        'the KDC has taken a change of the group and does not show it',
      )
    }
    return true
  }

  /** Refused: because it has happened already, or somebody else was first, or for good. */
  async #refused(id: string, change: Change, error: Error): Promise<boolean> {
    await this.pull()
    if (this.vault.changes.get(id) !== change) return true
    if (change.payload === undefined && (await listGroups(this.#options.post)).has(id)) {
      await this.#adoptNow(id, change, 0)
      return true
    }
    const draft = this.draft()
    draft.setChange(id, null)
    const group = draft.group(id)
    if (group?.status === 'active' && group.epoch === change.epoch) {
      draft.setState(id, await burnHandshakeKey(this.vault.mls, await draft.state(group)))
    }
    await draft.write()
    if (hasCode(error, 'epoch_passed')) return false
    throw error
  }

  /** A group without members begins without an entry. */
  async #adoptNow(id: string, change: Change, seq: number): Promise<void> {
    const draft = this.draft()
    await adopt(this.#intake(draft), { group: id, seq, added: [], removed: [] }, change)
    await this.#write(draft)
  }

  /**
   * Makes a change until it happens, against others who change the group too.
   *
   * @param make - makes it, from the group as it then is; `undefined` when there is nothing left to change.
   * @throws ProtocolError `epoch_passed` after many tries, and what `make` and `submit` throw.
   */
  async change(id: string, make: (draft: Draft, group: Group) => Promise<Change | undefined>): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      await this.settle(id)
      const draft = this.draft()
      const change = await make(draft, this.active(id))
      if (!change || (await this.submit(id, change, draft))) return
    }
    throw new ProtocolError('epoch_passed', 'others change the group all the time: try again later')
  }

  /**
   * A group that we are in and can read.
   *
   * @throws ProtocolError `group_unknown`; or why it is broken.
   */
  active(id: string): Group {
    const group = this.vault.groups.get(id)
    if (group?.status === 'active') return group
    if (group?.status === 'broken') {
      throw new ProtocolError(group.reason ?? 'state_damaged', 'the group is not read any more: rejoin it')
    }
    throw new ProtocolError('group_unknown', 'there is no such group, or you are not in it any more')
  }

  // Messages.

  /**
   * Keeps a message, and sends it and all that was to be sent before it.
   *
   * @throws why the message was refused: it is not sent, and not kept.
   */
  async send(group: string, payload: Uint8Array): Promise<Sent> {
    const number = this.vault.nextNumber()
    const draft = this.draft()
    draft.setOutgoing(number, { group, number, payload })
    await draft.write()
    try {
      const answer = await this.flush(group, number)
      if (answer) return answer
    } catch (error) {
      if (isUnknown(error)) return { stored: false, reason: error }
      if (isRefusal(error)) await this.#drop(number)
      throw error
    }
    throw new TypeError('a message was neither sent nor refused')
  }

  async #drop(number: number): Promise<void> {
    const draft = this.draft()
    draft.setOutgoing(number, null)
    await draft.write()
  }

  /**
   * Sends what is to be sent in a group, in order.
   *
   * @param current - the message that somebody waits for; others that are refused are told of in a notice.
   * @returns what became of that message.
   * @throws why it was refused, or why the KDC was not reached.
   */
  async flush(id: string, current?: number): Promise<Sent | undefined> {
    let answer: Sent | undefined
    for (let tries = 0; tries < MAX_TRIES; ) {
      await this.settle(id)
      const next = this.#nextOutgoing(id)
      if (!next) return answer
      await this.#removeLeavers(id)
      const sent = await this.#sendOne(this.active(id), next, next.number === current)
      if (!sent) tries++
      else if (next.number === current) answer = sent
    }
    throw new ProtocolError('epoch_passed', 'others change the group all the time: try again later')
  }

  #nextOutgoing(id: string): Outgoing | undefined {
    for (const number of this.#stored) if (!this.vault.outgoing.has(number)) this.#stored.delete(number)
    return this.draft()
      .outgoing(id)
      .find(({ number }) => !this.#stored.has(number))
  }

  /** Those who have left must not be able to read what is said now. */
  async #removeLeavers(id: string): Promise<void> {
    await this.change(id, async (draft, group) => {
      const leavers = toRemove(group, this.username)
      if (leavers.length === 0) return undefined
      return makeCommit(this.maker, group, await draft.state(group), new Map(), leavers)
    })
  }

  /** @returns nothing when the group has changed meanwhile: the message is to be encrypted anew. */
  async #sendOne(group: Group, message: Outgoing, isCurrent: boolean): Promise<Sent | undefined> {
    const { number } = message
    const {
      id,
      epoch,
      message: text,
    } = message.sealed?.epoch === group.epoch ? message.sealed : await this.#seal(group, message)
    try {
      const body = { group: group.id, epoch, message: text, id }
      const { position = 0, seq = 0 } = readStored(await this.post('/groups/send', body))
      this.#stored.add(number)
      return { stored: true, position, seq }
    } catch (error) {
      if (!isRefusal(error)) throw error
      await this.pull()
      // It is among the entries: an earlier request was heard, and this one came too late.
      if (!this.vault.outgoing.has(number)) return { stored: true, position: 0, seq: 0 }
      if (hasCode(error, 'epoch_passed')) return undefined
      if (isCurrent) throw error
      const draft = this.draft()
      draft.setOutgoing(number, null)
      draft.notice(this.#messageRefused(group, error))
      await this.#write(draft)
      return { stored: false, reason: error }
    }
  }

  #messageRefused(group: Group | undefined, error: SymbolonError): Notice {
    const label = group ? labelOf(group, this.username) : {}
    const text = `a message was not sent: ${error.message}`
    return { code: 'message_refused', text, ...label, reason: error.code }
  }

  /** Encrypts a message, and keeps it so with the state after it: no key encrypts two. */
  async #seal(group: Group, message: Outgoing): Promise<NonNullable<Outgoing['sealed']>> {
    const { mls } = this.vault
    const draft = this.draft()
    const place = encodePlace(placeOf(group.chain))
    const state = await draft.state(group)
    const made = await mls.api.createApplicationMessage(state, message.payload, mls.suite, place)
    const bytes = mls.api.encodeMlsMessage({
      wireformat: 'mls_private_message',
      version: 'mls10',
      privateMessage: made.privateMessage,
    })
    const sealed = { id: this.maker.newId(), epoch: group.epoch, message: toBase64url(bytes) }
    draft.setState(group.id, made.newState)
    draft.setOutgoing(message.number, { ...message, sealed })
    draft.wipe(made.consumed)
    await draft.write()
    return sealed
  }

  // Coming back.

  /**
   * Takes our place in a group again, by an external commit.
   *
   * @throws ProtocolError `member_unverified`, `history_damaged`; and as `change`.
   */
  async rejoin(id: string): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const begun = this.vault.changes.get(id)
      // Begun before the power went.
      if ((await this.settle(id)) && begun?.op === 'rejoin') return
      const info = readInfo(await this.post('/groups/info', { group: id }))
      const draft = this.draft()
      const { change, others } = await this.#makeRejoin(draft, id, info)
      const known = draft.group(id)?.charter
      if (known && JSON.stringify(known) !== JSON.stringify(change.charter)) {
        throw new ProtocolError('member_unverified', 'the group is not what it was')
      }
      await judgeKeys(draft, this.#options.post, others, true)
      const before = this.vault.groups.get(id)?.chain.seq ?? 0
      if (await this.submit(id, change, draft)) return this.#tellLost(id, before)
    }
    throw new ProtocolError('epoch_passed', 'others change the group all the time: try again later')
  }

  async #makeRejoin(draft: Draft, id: string, info: ReturnType<typeof readInfo>) {
    try {
      return await makeRejoin(this.maker, draft.identity, id, info)
    } catch (cause) {
      if (cause instanceof ProtocolError) throw cause
      throw new ProtocolError(
        'history_damaged',
        'the group cannot be rejoined: what describes it does not open',
        {
          cause,
        },
      )
    }
  }

  async #tellLost(id: string, before: number): Promise<void> {
    const group = this.vault.groups.get(id)
    const to = (group?.chain.seq ?? 0) - 1
    if (!group || to <= before) return
    const label = labelOf(group, this.username)
    const text = `back in the group; what was said before, and not read here, is lost (entries ${before + 1} to ${to})`
    await this.tell({ code: 'history_lost', text, ...label, from: before + 1, to })
  }

  /** Rejoins what the KDC says we are in and we cannot read because our state is lost or damaged. */
  async rejoinLost(): Promise<void> {
    const groups = [...(await listGroups(this.#options.post))]
    if (!groups.some((group) => this.#isLost(group))) return
    // Perhaps we have only just been added: the invitation then came before the list.
    await this.pull()
    for (const group of groups) {
      if (!this.#isLost(group)) continue
      await this.#isolated(
        () => this.rejoin(group),
        (error) => this.#giveUp(group, error),
      )
    }
  }

  #isLost(id: string): boolean {
    const group = this.vault.groups.get(id)
    if (!group) return !this.vault.changes.has(id)
    return group.status === 'broken' && group.reason === 'state_damaged'
  }

  /** Brings to an end the changes that were begun, in every group. */
  async settleAll(): Promise<void> {
    for (const id of [...this.vault.changes.keys()]) {
      await this.#isolated(
        () => this.settle(id),
        async (error) => {
          const group = this.vault.groups.get(id)
          const label = group ? labelOf(group, this.username) : {}
          const text = `a change of a group was not made: ${error.message}`
          await this.tell({ code: 'change_refused', text, ...label, reason: error.code })
        },
      )
    }
  }

  /** Sends what waits to be sent, in every group. */
  async flushAll(): Promise<void> {
    const waiting = new Set([...this.vault.outgoing.values()].map(({ group }) => group))
    for (const id of waiting) {
      await this.#isolated(
        () => this.flush(id),
        (error) => this.#dropAll(id, error),
      )
    }
  }

  /** What one group is refused stops no other. */
  async #isolated(
    run: () => Promise<unknown>,
    refused: (error: SymbolonError) => Promise<void>,
  ): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (!isRefusal(error)) throw error
      await refused(error)
    }
  }

  async #dropAll(id: string, error: SymbolonError): Promise<void> {
    const draft = this.draft()
    for (const { number } of draft.outgoing(id)) {
      if (this.#stored.has(number)) continue
      draft.setOutgoing(number, null)
      draft.notice(this.#messageRefused(draft.group(id), error))
    }
    await this.#write(draft)
  }

  /** A group that cannot be rejoined now is not tried for ever. */
  async #giveUp(id: string, error: SymbolonError): Promise<void> {
    const draft = this.draft()
    if (error instanceof ProtocolError) breakGroup(this.#intake(draft), id, error)
    await this.#write(draft)
  }
}

/** Lets others have their turn: ten thousand entries are some seconds of work. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
