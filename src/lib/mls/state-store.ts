/**
 * Where a client keeps what must outlive it: names and the bytes under them.
 *
 * @module
 */

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
