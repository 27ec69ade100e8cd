/**
 * What is kept, with what of it is in memory; and drafts of changes to it, each written in one transaction.
 *
 * @module
 */
import type { ClientState } from 'ts-mls'
import * as v from 'valibot'
import { EMPTY } from '../../bytes.ts'
import { CodecError, ProtocolError } from '../../errors.ts'
import { addNotices, type Notice } from '../notices.ts'
import { decodeBesideTree, encodeBesideTree, type Mls, secretsOfEpoch } from '../rfc9420/suite.ts'
import type { StateStore } from '../state-store.ts'
import { decodeFrame, encodeFrame } from './framing.ts'
import { decodeGroup, encodeGroup, type Group, unknownGroup } from './group.ts'
import { decodeIdentity, encodeIdentity, type Identity } from './identity.ts'
import {
  type Change,
  decodeChange,
  decodeOutgoing,
  encodeChange,
  encodeOutgoing,
  type Outgoing,
} from './pending.ts'
import { KEYS, tailOf } from './store-keys.ts'
import { encodeStored, type StoredMessage } from './stored-message.ts'

const CursorSchema = v.object({ position: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

/** Everything in memory, as it was last written. Only a draft's `write` changes it. */
export class MlsStore {
  readonly store: StateStore
  readonly mls: Mls
  identity: Identity | undefined
  /** The position of the last entry that was processed. */
  cursor = 0
  readonly groups = new Map<string, Group>()
  /** Decoded when they are first needed. */
  readonly states = new Map<string, ClientState>()
  readonly changes = new Map<string, Change>()
  readonly outgoing = new Map<number, Outgoing>()
  /** The signature keys under which we know others. */
  readonly pins = new Map<string, Uint8Array>()
  /** The references of our key packages. */
  readonly packages = new Set<string>()
  /** The messages that have not been shown: the group of each position, in the order of positions. */
  readonly unread = new Map<number, string>()
  /** What is still to be told. */
  readonly notices = new Map<number, Notice>()
  #numbers = 0
  #failed: Error | undefined

  private constructor(mls: Mls, store: StateStore) {
    this.mls = mls
    this.store = store
  }

  /**
   * Reads what is kept.
   *
   * @throws ProtocolError `state_damaged` when the identity or the cursor cannot be read. A group that cannot be read is broken.
   */
  static async open(mls: Mls, store: StateStore): Promise<MlsStore> {
    const mlsStore = new MlsStore(mls, store)
    const identity = await store.get(KEYS.identity)
    if (identity) mlsStore.identity = decodeIdentity(identity)
    const cursor = await store.get(KEYS.cursor)
    if (cursor) mlsStore.cursor = decodeFrame(CursorSchema, cursor).header.position
    await mlsStore.#readGroups()
    await mlsStore.#each('change/', (id, bytes) => mlsStore.changes.set(id, decodeChange(bytes)))
    await mlsStore.#each('outgoing/', (number, bytes) =>
      mlsStore.outgoing.set(mlsStore.#seen(number), decodeOutgoing(bytes)),
    )
    await mlsStore.#each('pin/', (username, bytes) => mlsStore.pins.set(username, bytes))
    await mlsStore.#each('notice/', (number, bytes) =>
      mlsStore.notices.set(mlsStore.#seen(number), readNotice(bytes)),
    )
    for (const key of await store.list('package/')) mlsStore.packages.add(tailOf(key))
    await mlsStore.#readUnread()
    return mlsStore
  }

  /**
   * Writes. After a failure nothing more is written: it is unknown which of two states is the one that is kept, and going on from the
   * older one could encrypt twice with one key.
   */
  async keep(entries: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (this.#failed) throw this.#failed
    try {
      await this.store.write(entries)
    } catch (error) {
      this.#failed = error as Error
      throw error
    }
  }

  /** A number higher than that of anything kept. */
  nextNumber(): number {
    this.#numbers++
    return this.#numbers
  }

  #seen(number: string): number {
    this.#numbers = Math.max(this.#numbers, Number(number))
    return Number(number)
  }

  async #readUnread(): Promise<void> {
    const keys = (await this.store.list('unread/')).map((key) => key.split('/'))
    const unread = keys.map(([, group = '', position]) => [Number(position), group] as const)
    for (const [position, group] of unread.sort(([a], [b]) => a - b)) this.unread.set(position, group)
  }

  async #readGroups(): Promise<void> {
    await this.#each('group/', (id, bytes) => {
      try {
        this.groups.set(id, decodeGroup(id, bytes))
      } catch {
        this.groups.set(id, unknownGroup(id))
      }
    })
  }

  async #each(prefix: string, take: (name: string, bytes: Uint8Array) => void): Promise<void> {
    for (const key of (await this.store.list(prefix)).sort()) {
      const bytes = await this.store.get(key)
      if (bytes) take(tailOf(key), bytes)
    }
  }
}

function readNotice(bytes: Uint8Array): Notice {
  return decodeFrame(v.looseObject({ code: v.string(), text: v.string() }), bytes).header as unknown as Notice
}

/** Changes to the vault, seen through it before they are written. */
export class Transaction {
  readonly mlsStore: MlsStore
  position: number
  readonly #groups = new Map<string, Group>()
  readonly #states = new Map<string, ClientState | null>()
  readonly #changes = new Map<string, Change | null>()
  readonly #outgoing = new Map<number, Outgoing | null>()
  readonly #pins = new Map<string, Uint8Array>()
  readonly #packages = new Map<string, Uint8Array | null>()
  readonly #notices: Notice[] = []
  readonly #unread = new Map<number, string>()
  readonly #entries = new Map<string, Uint8Array | null>()
  readonly #secrets: Uint8Array[] = []
  #identity: Identity | undefined

  constructor(mlsStore: MlsStore) {
    this.mlsStore = mlsStore
    this.position = mlsStore.cursor
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id) ?? this.mlsStore.groups.get(id)
  }

  groups(): Group[] {
    return [...new Map([...this.mlsStore.groups, ...this.#groups]).values()]
  }

  change(id: string): Change | undefined {
    const drafted = this.#changes.get(id)
    return drafted === undefined ? this.mlsStore.changes.get(id) : (drafted ?? undefined)
  }

  /** What we have to say in a group, in order. */
  outgoing(group: string): Outgoing[] {
    const all = new Map<number, Outgoing | null>([...this.mlsStore.outgoing, ...this.#outgoing])
    return [...all.values()]
      .filter((message) => message !== null)
      .filter((message) => message.group === group)
      .sort((a, b) => a.number - b.number)
  }

  pin(username: string): Uint8Array | undefined {
    return this.#pins.get(username) ?? this.mlsStore.pins.get(username)
  }

  get identity(): Identity {
    const identity = this.#identity ?? this.mlsStore.identity
    if (!identity) throw new TypeError('the mailbox has no identity yet: open it first')
    return identity
  }

  hasPackage(reference: string): boolean {
    const drafted = this.#packages.get(reference)
    return drafted === undefined ? this.mlsStore.packages.has(reference) : drafted !== null
  }

  /**
   * The MLS state of a group.
   *
   * @throws ProtocolError `state_damaged`
   */
  async state(group: Group): Promise<ClientState> {
    const known = this.#states.get(group.id) ?? this.mlsStore.states.get(group.id)
    if (known) return known
    const { mls, store } = this.mlsStore
    const [bytes, tree] = [await store.get(KEYS.state(group.id)), await store.get(KEYS.tree(group.id))]
    try {
      if (!bytes || !tree) throw new CodecError('group state: it is gone')
      const state = decodeBesideTree(mls, bytes, tree)
      if (Number(state.groupContext.epoch) !== group.epoch)
        throw new CodecError('group state: of another epoch')
      this.mlsStore.states.set(group.id, state)
      return state
    } catch (cause) {
      throw new ProtocolError('state_damaged', 'what was kept here of a group cannot be read', { cause })
    }
  }

  /** Sets a group, and its state; without one, whatever state there was is forgotten when the group is over for us. */
  setGroup(group: Group, state?: ClientState): void {
    this.#groups.set(group.id, group)
    if (state) this.#states.set(group.id, state)
    else if (group.status !== 'active') this.#states.set(group.id, null)
  }

  setState(id: string, state: ClientState): void {
    this.#states.set(id, state)
  }

  setChange(id: string, change: Change | null): void {
    this.#changes.set(id, change)
  }

  setOutgoing(number: number, message: Outgoing | null): void {
    this.#outgoing.set(number, message)
  }

  setPin(username: string, signatureKey: Uint8Array): void {
    this.#pins.set(username, signatureKey.slice())
  }

  setIdentity(identity: Identity): void {
    this.#identity = identity
  }

  setPackage(reference: string, bytes: Uint8Array | null): void {
    this.#packages.set(reference, bytes)
  }

  addMessage(message: StoredMessage, unread: boolean): void {
    const { group, position } = message
    this.#entries.set(KEYS.message(group, position), encodeStored(message))
    if (!unread) return
    this.#entries.set(KEYS.unread(group, position), EMPTY)
    this.#unread.set(position, group)
  }

  /** Something to tell once this is written. */
  notice(notice: Notice): void {
    this.#notices.push(notice)
  }

  /** Secrets to wipe once this is written: what takes their place is safe then. */
  wipe(secrets: Iterable<Uint8Array>): void {
    for (const secret of secrets) this.#secrets.push(secret)
  }

  /** Writes it all, in one transaction, and only then lets the vault know. */
  async write(): Promise<void> {
    const { mlsStore } = this
    const notices = addNotices(mlsStore.notices, this.#notices, () => mlsStore.nextNumber())
    const entries = this.#entriesToWrite(notices)
    if (entries.size > 0) await mlsStore.keep(entries)
    if (this.#identity) mlsStore.identity = this.#identity
    mlsStore.cursor = this.position
    merge(mlsStore.groups, this.#groups)
    this.#forgetStates()
    merge(mlsStore.states, this.#states)
    merge(mlsStore.changes, this.#changes)
    merge(mlsStore.outgoing, this.#outgoing)
    merge(mlsStore.pins, this.#pins)
    merge(mlsStore.notices, notices)
    merge(mlsStore.unread, this.#unread)
    for (const [reference, bytes] of this.#packages) {
      if (bytes) mlsStore.packages.add(reference)
      else mlsStore.packages.delete(reference)
    }
    for (const secret of this.#secrets) mlsStore.mls.zeroOutUint8Array(secret)
  }

  #entriesToWrite(notices: ReadonlyMap<number, Notice>): Map<string, Uint8Array | null> {
    const { mlsStore } = this
    const entries = new Map(this.#entries)
    if (this.#identity) entries.set(KEYS.identity, encodeIdentity(this.#identity))
    if (this.position !== mlsStore.cursor) entries.set(KEYS.cursor, encodeFrame({ position: this.position }))
    for (const [id, group] of this.#groups) entries.set(KEYS.group(id), encodeGroup(group))
    for (const [id, state] of this.#states) {
      entries.set(KEYS.state(id), state && encodeBesideTree(mlsStore.mls, state))
      const tree = state?.ratchetTree
      if (!tree) entries.set(KEYS.tree(id), null)
      else if (tree !== mlsStore.states.get(id)?.ratchetTree) {
        entries.set(KEYS.tree(id), mlsStore.mls.encodeRatchetTree(tree))
      }
    }
    for (const [id, change] of this.#changes) entries.set(KEYS.change(id), change && encodeChange(change))
    for (const [number, message] of this.#outgoing) {
      entries.set(KEYS.outgoing(number), message && encodeOutgoing(message))
    }
    for (const [username, key] of this.#pins) entries.set(KEYS.pin(username), key)
    for (const [reference, bytes] of this.#packages) entries.set(KEYS.package(reference), bytes)
    for (const [number, notice] of notices) entries.set(KEYS.notice(number), encodeFrame(notice))
    return entries
  }

  /** A group that is over for us: its keys have no more use. */
  #forgetStates(): void {
    const { mlsStore } = this
    for (const [id, state] of this.#states) {
      const old = mlsStore.states.get(id)
      if (state !== null || !old) continue
      this.wipe(secretsOfEpoch(mlsStore.mls, old))
      this.wipe(Object.values(old.privatePath.privateKeys))
    }
  }
}

function merge<K, V>(into: Map<K, V>, from: ReadonlyMap<K, V | null>): void {
  for (const [key, value] of from) {
    if (value === null) into.delete(key)
    else into.set(key, value)
  }
}
