/**
 * What can be wrong with the state that a client keeps.
 *
 * @module
 */
import { type ERROR_CODES, SymbolonError } from '../lib/errors.ts'

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
