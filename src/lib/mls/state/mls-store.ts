/** What is kept, with what of it is in memory; and transactions: changes to it that are written together. */
import type { ClientState } from 'ts-mls'
import * as v from 'valibot'
import { EMPTY } from '../../bytes.ts'
import { CodecError, ProtocolError } from '../../errors.ts'
import { addNotices, type Notice } from '../notices.ts'
import { type Mls, secretsOfEpoch } from '../rfc9420/suite.ts'
import type { StateStore } from '../state-store.ts'
import { decodeFrame, encodeFrame, KEYS, tailOf } from './framing.ts'
import { decodeGroup, encodeChain, encodeGroup, type Group, unknownGroup, withChain } from './group.ts'
import { decodeIdentity, encodeIdentity, type Identity } from './identity.ts'
import { differ, type Entries, readState, stateEntries } from './mls-state.ts'
import {
  type Change,
  decodeChange,
  decodeOutgoing,
  encodeChange,
  encodeOutgoing,
  type PendingMessage,
} from './pending.ts'
import { encodeStored, type StoredMessage } from './stored-message.ts'

const CursorSchema = v.object({ position: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

/** Everything in memory, as it was last written. Only a transaction's `write` changes it. */
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
  readonly outgoing = new Map<number, PendingMessage>()
  /** The signature keys under which we know others. */
  readonly pins = new Map<string, Uint8Array>()
  /** The references of our key packages. */
  readonly packages = new Map<string, true>()
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
    await mlsStore.#each('group/', (id, bytes) =>
      mlsStore.groups.set(
        id,
        readGroup(id, () => decodeGroup(id, bytes)),
      ),
    )
    await mlsStore.#each('chain/', (id, bytes) => {
      const group = mlsStore.groups.get(id)
      if (group)
        mlsStore.groups.set(
          id,
          readGroup(id, () => withChain(group, bytes)),
        )
    })
    await mlsStore.#each('change/', (id, bytes) => mlsStore.changes.set(id, decodeChange(bytes)))
    await mlsStore.#each('outgoing/', (number, bytes) =>
      mlsStore.outgoing.set(mlsStore.#seen(number), decodeOutgoing(bytes)),
    )
    await mlsStore.#each('pin/', (username, bytes) => mlsStore.pins.set(username, bytes))
    await mlsStore.#each('notice/', (number, bytes) =>
      mlsStore.notices.set(mlsStore.#seen(number), readNotice(bytes)),
    )
    for (const key of await store.list('package/')) mlsStore.packages.set(tailOf(key), true)
    const unread = (await store.list('unread/')).map((key) => key.split('/'))
    const positions = unread.map(([, group = '', position]) => [Number(position), group] as const)
    for (const [position, group] of positions.sort(([a], [b]) => a - b)) mlsStore.unread.set(position, group)
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

  async #each(prefix: string, take: (name: string, bytes: Uint8Array) => void): Promise<void> {
    for (const key of (await this.store.list(prefix)).sort()) {
      const bytes = await this.store.get(key)
      if (bytes) take(tailOf(key), bytes)
    }
  }
}

function readGroup(id: string, read: () => Group): Group {
  try {
    return read()
  } catch {
    return unknownGroup(id)
  }
}

function readNotice(bytes: Uint8Array): Notice {
  return decodeFrame(v.looseObject({ code: v.string(), text: v.string() }), bytes).header as unknown as Notice
}

/** Changes to things of one kind, seen through what is kept of them before they are written. */
class Draft<K, V> {
  readonly changes = new Map<K, V | null>()
  readonly #kept: Map<K, V>

  constructor(kept: Map<K, V>) {
    this.#kept = kept
  }

  get(key: K): V | undefined {
    const changed = this.changes.get(key)
    return changed === undefined ? this.#kept.get(key) : (changed ?? undefined)
  }

  /** @param value - null deletes. */
  set(key: K, value: V | null): void {
    this.changes.set(key, value)
  }

  values(): V[] {
    const all = new Map<K, V | null>([...this.#kept, ...this.changes])
    return [...all.values()].filter((value) => value !== null)
  }

  addTo(
    entries: Map<string, Uint8Array | null>,
    nameOf: (key: K) => string,
    encode: (value: V) => Uint8Array,
  ): void {
    for (const [key, value] of this.changes) entries.set(nameOf(key), value && encode(value))
  }

  /** They are written: from now on they are what is kept. */
  keep(): void {
    for (const [key, value] of this.changes) {
      if (value === null) this.#kept.delete(key)
      else this.#kept.set(key, value)
    }
  }
}

/** Changes to the store, which are written together. */
export class Transaction {
  readonly mlsStore: MlsStore
  position: number
  readonly groups: Draft<string, Group>
  readonly changes: Draft<string, Change>
  readonly outgoing: Draft<number, PendingMessage>
  /** The signature keys under which we know others. */
  readonly pins: Draft<string, Uint8Array>
  readonly #states: Draft<string, ClientState>
  readonly #packages: Draft<string, true>
  readonly #unread: Draft<number, string>
  readonly #notices: Notice[] = []
  readonly #entries: Entries = new Map()
  readonly #secrets: Uint8Array[] = []
  #identity: Identity | undefined

  constructor(mlsStore: MlsStore) {
    this.mlsStore = mlsStore
    this.position = mlsStore.cursor
    this.groups = new Draft(mlsStore.groups)
    this.changes = new Draft(mlsStore.changes)
    this.outgoing = new Draft(mlsStore.outgoing)
    this.pins = new Draft(mlsStore.pins)
    this.#states = new Draft(mlsStore.states)
    this.#packages = new Draft(mlsStore.packages)
    this.#unread = new Draft(mlsStore.unread)
  }

  outgoingOf(group: string): PendingMessage[] {
    const messages = this.outgoing.values().filter((message) => message.group === group)
    return messages.sort((a, b) => a.number - b.number)
  }

  get identity(): Identity {
    const identity = this.#identity ?? this.mlsStore.identity
    if (!identity) throw new TypeError('the mailbox has no identity yet: open it first')
    return identity
  }

  set identity(identity: Identity) {
    this.#identity = identity
  }

  /**
   * The MLS state of a group.
   *
   * @throws ProtocolError `state_damaged`
   */
  async state(group: Group): Promise<ClientState> {
    const known = this.#states.get(group.id)
    if (known) return known
    const { mls, store, states } = this.mlsStore
    try {
      const { state, isInParts } = await readState(mls, store, group.id)
      if (Number(state.groupContext.epoch) !== group.epoch)
        throw new CodecError('group state: of another epoch')
      // One that is not in parts yet is written anew, as a change.
      if (isInParts) states.set(group.id, state)
      else this.#states.set(group.id, state)
      return state
    } catch (cause) {
      if (!(cause instanceof CodecError)) throw cause
      throw new ProtocolError('state_damaged', 'what was kept here of a group cannot be read', { cause })
    }
  }

  /** Sets a group, and its state; without one, the state that there was is forgotten when the group is over for us. */
  setGroup(group: Group, state?: ClientState): void {
    this.groups.set(group.id, group)
    if (state) this.#states.set(group.id, state)
    else if (group.status !== 'active') this.#states.set(group.id, null)
  }

  setState(id: string, state: ClientState): void {
    this.#states.set(id, state)
  }

  hasPackage(reference: string): boolean {
    return this.#packages.get(reference) ?? false
  }

  setPackage(reference: string, bytes: Uint8Array | null): void {
    this.#packages.set(reference, bytes && true)
    this.#entries.set(KEYS.package(reference), bytes)
  }

  addMessage(message: StoredMessage, unread: boolean): void {
    const { group, position } = message
    this.#entries.set(KEYS.message(group, position), encodeStored(message))
    if (!unread) return
    this.#entries.set(KEYS.unread(group, position), EMPTY)
    this.#unread.set(position, group)
  }

  notice(notice: Notice): void {
    this.#notices.push(notice)
  }

  /** Secrets to wipe once this is written: what takes their place is safe then. */
  wipe(secrets: Iterable<Uint8Array>): void {
    for (const secret of secrets) this.#secrets.push(secret)
  }

  /** Writes it all, in one transaction, and only then lets the store know. */
  async write(): Promise<void> {
    const { mlsStore } = this
    const notices = new Draft(mlsStore.notices)
    const added = addNotices(mlsStore.notices, this.#notices, () => mlsStore.nextNumber())
    for (const [number, notice] of added) notices.set(number, notice)
    const entries = await this.#entriesToWrite()
    notices.addTo(entries, KEYS.notice, encodeFrame)
    if (entries.size > 0) await mlsStore.keep(entries)
    if (this.#identity) mlsStore.identity = this.#identity
    mlsStore.cursor = this.position
    this.#forgetStates()
    const drafts = [this.groups, this.changes, this.outgoing, this.pins]
    for (const draft of [...drafts, this.#states, this.#packages, this.#unread, notices]) draft.keep()
    for (const secret of this.#secrets) secret.fill(0)
  }

  async #entriesToWrite(): Promise<Entries> {
    const { mlsStore } = this
    const { mls, store, states, groups } = mlsStore
    const entries: Entries = new Map(this.#entries)
    if (this.#identity) entries.set(KEYS.identity, encodeIdentity(this.#identity))
    if (this.position !== mlsStore.cursor) entries.set(KEYS.cursor, encodeFrame({ position: this.position }))
    for (const [id, group] of this.groups.changes) {
      const before = groups.get(id)
      const isWhole = !before || !group || differ(before, group, ['chain'])
      if (isWhole) entries.set(KEYS.group(id), group && encodeGroup(group))
      entries.set(KEYS.chain(id), isWhole ? null : encodeChain(group.chain))
    }
    for (const [id, state] of this.#states.changes) {
      for (const entry of await stateEntries(mls, store, id, states.get(id), state)) entries.set(...entry)
    }
    this.changes.addTo(entries, KEYS.change, encodeChange)
    this.outgoing.addTo(entries, KEYS.outgoing, encodeOutgoing)
    this.pins.addTo(entries, KEYS.pin, (key) => key)
    return entries
  }

  /** A group that is over for us: its keys have no more use. */
  #forgetStates(): void {
    const { mls, states } = this.mlsStore
    for (const [id, state] of this.#states.changes) {
      const old = states.get(id)
      if (state !== null || !old) continue
      this.wipe(secretsOfEpoch(mls, old))
      this.wipe(Object.values(old.privatePath.privateKeys))
    }
  }
}
