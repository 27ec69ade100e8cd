/**
 * What is decided about a KDC by those who run it, in words that need none of its parts.
 *
 * @module
 */
import type { Hono } from 'hono'
import type { Clock } from '../lib/clock.ts'

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

/** Who may make an account: all users, those with an invitation, or the KDC's administrator alone. */
export const REGISTRATIONS = ['open', 'invitation', 'closed'] as const
/** Who may make an account: one of `REGISTRATIONS`. */
export type Registration = (typeof REGISTRATIONS)[number]

/** What is decided about a KDC, whether or not it keeps anything. */
export interface KdcSettings {
  /** Who may make an account from afar. Default: `invitation`. */
  readonly registration?: Registration | undefined
  /** How long a ticket may be used, in seconds. Default: 300. */
  readonly ticketLifetimeSec?: number | undefined
  /** How long a login lasts, in seconds. Default: 43,200, a working day. */
  readonly sessionLifetimeSec?: number | undefined
  /** How long a session may go unused, in seconds. Default: 3600. */
  readonly sessionIdleSec?: number | undefined
  /** How long messages and files are kept for those who are away, in seconds. Default: 604,800, seven days. */
  readonly keepSec?: number | undefined
  /** How often a password may be tried for a name from one address; other limits are in proportion to it. Default: 10. */
  readonly loginTries?: number | undefined
  /** Where the events go. Default: nowhere. */
  readonly log?: Log | undefined
  /** The time, in Unix seconds. Default: the system's clock. */
  readonly clock?: Clock | undefined
}

/** A KDC in a program of one's own. */
export interface EmbeddedKdc {
  /**
   * What answers, at `/login/start`, `/userinfo` and the other paths of docs/protocol.md: clients expect them at the top of an origin. It reads the
   * addresses of clients from the bindings of `@hono/node-server`.
   */
  readonly app: Hono
  /** Who this KDC is: its public key, 32 bytes in base64url. */
  readonly publicKey: string
  /**
   * Makes an account.
   *
   * @param password - at most 1024 bytes of UTF-8; kept nowhere.
   * @throws ProtocolError `account_exists`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  addAccount(username: string, password: string): Promise<void>
  /**
   * Sets another password, and ends the account's sessions.
   *
   * @throws ProtocolError `account_unknown`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  changePassword(username: string, password: string): Promise<void>
  /**
   * Makes an invitation, with which an account can be made from afar.
   *
   * @param username - whom it is for.
   * @param lifetimeSec - how long it is good for, in seconds. Default: 1,209,600, fourteen days.
   * @returns the invitation, 22 characters of base64url: a secret, to be handed over.
   * @throws ProtocolError `account_exists`, `invalid_name`; StoreError `store_unavailable`; TypeError.
   */
  invite(username: string, lifetimeSec?: number): Promise<string>
  /** Ends what waits and what is done in the background, then lets go of what is kept. Close the server first. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
