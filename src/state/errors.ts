/** What can be wrong with the state that a client keeps, and what the database and the file system say of it in these terms. */
import { StoreError } from '../database/database.ts'
import { codeOf, PRIMARY, SQLITE_CORRUPT, SQLITE_NOTADB } from '../database/sqlite.ts'
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'
import { isSystemError, systemReason } from '../lib/system-errors.ts'

/**
 * The state cannot be used: now, because another process does (`state_busy`) or the file system refuses
 * (`state_unavailable`); with this password (`state_locked`); or because it is not what was written (`state_damaged`). Nothing of
 * it was changed.
 */
export class StateError extends SymbolonError {
  /** `StateError`. */
  override readonly name = 'StateError'
  /** Why the state cannot be used. */
  readonly code: (typeof ERROR_CODES.state)[number]

  /** @param message - names the file. */
  constructor(code: StateError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

// https://sqlite.org/rescode.html
const SQLITE_ERROR = 1
// The first says that a statement is wrong: ours are right for the tables that we have made.
const DAMAGE = new Set([SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB])

/** @param path - of the state, for people. */
export function asStateError(path: string, error: unknown): unknown {
  const { errcode, message } = rootOf(error)
  if (error instanceof StoreError) {
    if (DAMAGE.has(errcode ?? 0)) return damaged(path, message, error)
    return new StateError('state_unavailable', `${path} cannot be used now: ${message}`, { cause: error })
  }
  // The file system's refusals: a full disk, one that is read-only, a directory of another user's.
  if (isSystemError(error)) {
    const why = systemReason(error.code)
    return new StateError('state_unavailable', `${path} cannot be used now: ${why}`, { cause: error })
  }
  return error
}

/** Runs `work` and translates what it throws. */
export async function inStateTerms<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asStateError(path, error)
  }
}

/** @param how - it shows. */
export function damaged(path: string, how: string, cause?: unknown): StateError {
  return new StateError('state_damaged', `${path} is damaged: ${how}`, { cause })
}

function rootOf(error: unknown): { errcode: number | undefined; message: string } {
  const { message, cause } = error as Error
  if (!(cause instanceof Error)) return { errcode: undefined, message }
  const errcode = codeOf(cause)
  return { errcode: errcode === undefined ? undefined : errcode & PRIMARY, message: cause.message }
}
