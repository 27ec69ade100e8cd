/** What an error of a request says about it: that it was judged and nothing happened, or that this is unknown. */
import { CodecError, ProtocolError, SymbolonError, TransportError } from '../errors.ts'

/** What is wrong with the session, or with the login after it, says nothing about the request: after the next login it is sent again. */
const OF_THE_SESSION: readonly string[] = [
  'token_unknown',
  'token_expired',
  'clock_wrong',
  'login_refused',
  'login_stale',
  'kdc_key_changed',
]

/**
 * Whether the KDC has judged the request and refused it, under its seal: sent again, it would be refused again, and it has not happened.
 * (What comes without the seal is a TransportError: see `exchangeSealed`.)
 */
export function isRefusal(error: unknown): error is SymbolonError {
  if (error instanceof TransportError) return error.code === 'quota_exceeded'
  return error instanceof ProtocolError && !OF_THE_SESSION.includes(error.code)
}

/** Whether it is unknown if the request happened: it is kept, and sent again later. */
export function isUnknown(error: unknown): error is SymbolonError {
  return (error instanceof SymbolonError && !isRefusal(error)) || error instanceof CodecError
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof SymbolonError && error.code === code
}

/** Runs what is done for one group: what it is refused stops no other. */
export async function isolated(
  run: () => Promise<unknown>,
  refused: (error: SymbolonError) => Promise<void>,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!isRefusal(error)) throw error
    await refused(error)
  }
}
