/**
 * State in memory: for programs that need none of it the next time, and for tests.
 *
 * @module
 */
import type { SharedState, StateOwner, StateSource, StateStore } from './state-store.ts'

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
