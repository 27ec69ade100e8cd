/**
 * The table of contents of a state: which names there are, and by its header which value each has. What it comes to is sealed and
 * changes in the transaction that changes the values, so that a value that was taken away, put back to an older one or renamed
 * shows, as one that was changed does by itself.
 *
 * ```
 * contents = SHA-256(for each name, in the order of their characters: u16 length || name || header of the value)
 * ```
 * @module
 */
import { createHash } from 'node:crypto'
import { EMPTY, equal, u16, utf8 } from '../lib/bytes.ts'
import { ProtocolError } from '../lib/errors.ts'
import { openState, sealState } from './seal.ts'

const PURPOSE = 'symbolon/1 client state contents'

/** The header of each name's value. */
export type Contents = ReadonlyMap<string, Uint8Array>

/** What is kept to know these contents again. */
export function sealContents(stateKey: Uint8Array, contents: Contents): Uint8Array {
  return sealState(PURPOSE, stateKey, EMPTY, digest(contents))
}

/** Whether these are the contents that were sealed last under this key. */
export function areContents(stateKey: Uint8Array, contents: Contents, sealed: Uint8Array): boolean {
  try {
    return equal(openState(PURPOSE, stateKey, EMPTY, sealed), digest(contents))
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

function digest(contents: Contents): Uint8Array {
  const hash = createHash('sha256')
  for (const name of [...contents.keys()].sort()) {
    const bytes = utf8(name)
    hash
      .update(u16(bytes.length))
      .update(bytes)
      .update(contents.get(name) ?? EMPTY)
  }
  return hash.digest()
}
