/**
 * What can be wrong with the state that a client keeps.
 *
 * @module
 */
import { SymbolonError } from '../lib/errors.ts'

export const STATE_CODES = ['state_busy', 'state_damaged', 'state_locked', 'state_unavailable'] as const

/**
 * The state cannot be used: now, because another process does (`state_busy`) or the file system refuses
 * (`state_unavailable`); with this password (`state_locked`); or because it is not what was written (`state_damaged`). Nothing of
 * it was changed.
 */
export class StateError extends SymbolonError {
  override readonly name = 'StateError'
  readonly code: (typeof STATE_CODES)[number]

  constructor(code: StateError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
