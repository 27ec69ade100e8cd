/** A `StateStore` in memory: what a crash leaves, and when the crash comes. */
import type { StateStore } from '../../src/lib/mls/state-store.ts'

export class MemoryState implements StateStore {
  entries = new Map<string, Uint8Array>()
  writes = 0
  /** How many more writes succeed before the power goes. */
  powerFor = Number.POSITIVE_INFINITY
  bytesWritten = 0

  copy(): MemoryState {
    const copy = new MemoryState()
    copy.entries = new Map(this.entries)
    return copy
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.entries.get(key)
  }

  async list(prefix: string): Promise<string[]> {
    // In no useful order, as the interface has it.
    return [...this.entries.keys()].filter((key) => key.startsWith(prefix)).reverse()
  }

  async write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    if (this.powerFor <= 0) throw new Error('the power is gone')
    this.powerFor--
    this.writes++
    for (const [key, value] of changes) {
      if (value === null) this.entries.delete(key)
      else {
        this.entries.set(key, value.slice())
        this.bytesWritten += value.length
      }
    }
  }

  async close(): Promise<void> {}
}
