/**
 * What is decided about a KDC by those who run it, in words that need none of its parts.
 *
 * @module
 */

/** A log in pino's shape: fields, then the name of the event. docs/operating.md lists the events. */
export interface Log {
  /** What is as it should be. */
  info(fields: object, event: string): void
  /** What the administrator may want to look at. */
  warn(fields: object, event: string): void
  /** What is the KDC's own fault. */
  error(fields: object, event: string): void
  /** Nothing when all that was logged is written; else, what resolves once it is. An answer waits for this. */
  written?(): Promise<void> | undefined
}

/** Who may make an account: everybody, those with an invitation, or nobody but the KDC's administrator. */
export const REGISTRATIONS = ['open', 'invitation', 'closed'] as const
/** Who may make an account: one of `REGISTRATIONS`. */
export type Registration = (typeof REGISTRATIONS)[number]
