/**
 * Given: the shapes that `login.ts` works with. Nothing to change here.
 *
 * @module
 */
import type { RandomBytes } from 'symbolon/protocol'

/** What the KDC keeps of a password: enough to recognise it, and not the password. */
export interface PasswordRecord {
  /** What scrypt was told it may cost: `N` and `r` times 128 bytes of memory, `p` times. */
  readonly N: number
  readonly r: number
  readonly p: number
  /** 16 bytes in base64url. */
  readonly salt: string
  /** scrypt(password, salt), 32 bytes in base64url. */
  readonly hash: string
}

/** What the KDC has at hand for every request. */
export interface Kdc {
  /** Unix seconds. */
  readonly now: number
  /** How long a session lasts. */
  readonly sessionLifetimeSec: number
  /** The record of every name. */
  readonly accounts: Readonly<Record<string, PasswordRecord>>
  /** Gives as many fresh random bytes as you ask for. */
  readonly randomBytes: RandomBytes
}

/** Message 1. docs/protocol.md §3.1 */
export interface LoginRequest {
  readonly username: string
  readonly password: string
}

/** Message 2, or a refusal: one for an unknown name and a wrong password. docs/protocol.md §3.1 and §3.5 */
export type LoginReply =
  | {
      readonly status: 200
      /** 32 random bytes in base64url. */
      readonly token: string
      readonly username: string
      /** When the token dies, and the KDC's time now: Unix seconds. */
      readonly expires_at: number
      readonly time: number
    }
  | { readonly status: 401; readonly code: 'login_refused' }

/** How every later request begins, such as message 3. */
export interface SessionRequest {
  readonly username: string
  readonly token: string
}

/** Who it is, or a refusal. docs/protocol.md §3.5 */
export type SessionReply =
  | { readonly status: 200; readonly username: string }
  | { readonly status: 401; readonly code: 'token_unknown' | 'token_expired' }

/** What you write. Each may also be `async` and return a promise. */
export type MakeRecord = (password: string, randomBytes: RandomBytes) => PasswordRecord
export type Login = (request: LoginRequest, kdc: Kdc) => LoginReply
export type Authenticate = (request: SessionRequest, kdc: Kdc) => SessionReply
