/** Where a client keeps what must outlive it: names and the bytes under them; in memory, or as a program has it. */
import type { Secret } from '../crypto/secret.ts'

/**
 * Open for one piece of work. It throws TypeError after `close`, and whatever the real store throws: see
 * `src/state/errors.ts`.
 */
export interface StateStore {
  /** The bytes under this name, if there are any. */
  get(key: string): Promise<Uint8Array | undefined>
  /** The names that begin with this, in the order of their characters. */
  list(prefix: string): Promise<string[]>
  /**
   * Changes all of these or none: bytes take the place of what was there, null deletes. When the promise resolves, they are on
   * disk.
   */
  write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void>
  /** Finishes the writes that were accepted, then lets go. */
  close(): Promise<void>
}

/** Whose state it is. */
export interface StateOwner {
  /** The KDC's public key, 32 bytes in base64url. */
  readonly kdcKey: string
  /** In lower case. */
  readonly username: string
  /** What the state may be sealed under: only the password's owner has it. It is the session's: not to be kept or wiped. */
  readonly exportKey: Secret
}

/** A state that several programs may share: each has it for one piece of work at a time. */
export interface SharedState {
  /**
   * Resolves when no other piece of work has it; others wait until the store is closed.
   *
   * @param options.waitMs - how long to wait for that; 0 for not at all.
   */
  hold(options?: { readonly waitMs?: number }): Promise<StateStore>
  /** Lets go of it. Called when no work is going on. */
  close(): Promise<void>
}

/** Gives each principal its state. `fileStateStore` of `symbolon/node` keeps it on disk; the default forgets it with the process. */
export interface StateSource {
  /** Whether there is one already. */
  has(owner: StateOwner): boolean | Promise<boolean>
  /** Opens it, making it the first time. */
  open(owner: StateOwner): Promise<SharedState>
}

class MemoryStore implements StateStore {
  readonly #entries = new Map<string, Uint8Array>()

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#entries.get(key)
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  async write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    for (const [key, value] of changes) {
      if (value === null) this.#entries.delete(key)
      else this.#entries.set(key, value.slice())
    }
  }

  async close(): Promise<void> {}
}

/**
 * Keeps what a client has of its conversations and groups as long as this object: given to the next login, that one goes on with it. A
 * client that has lost its state rejoins its groups, and can read nothing that was sent to it before.
 *
 * @example const alice = await login(kdc, 'alice', password, { state: memoryStateStore() })
 */
export function memoryStateStore(): StateSource {
  const states = new Map<string, SharedState>()
  const nameOf = ({ kdcKey, username }: StateOwner) => `${kdcKey} ${username}`
  return {
    has: (owner) => states.has(nameOf(owner)),
    open: async (owner) => {
      const name = nameOf(owner)
      const store = new MemoryStore()
      const state = states.get(name) ?? { hold: async () => store, close: async () => {} }
      states.set(name, state)
      return state
    },
  }
}
