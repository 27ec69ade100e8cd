/**
 * Where a client keeps what it must not lose: keys, the states of its groups, messages.
 *
 * @module
 */

/** Bytes under names, durable and read by nobody else. The library never asks how. */
export interface StateStore {
  /** What was last written under `key`. The caller does not change it. */
  get(key: string): Promise<Uint8Array | undefined>
  /** The keys that begin with `prefix`, in any order. */
  list(prefix: string): Promise<string[]>
  /** Writes all of these or none; `null` removes. When it resolves, a loss of power takes nothing back. */
  write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void>
  close(): Promise<void>
}
