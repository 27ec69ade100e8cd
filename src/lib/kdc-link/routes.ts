/**
 * What the protocol says of each of the KDC's routes: the codes with which it may refuse, and how long a request may be.
 * docs/protocol.md §3.5, §3.7 and §7.
 *
 * Both are closed lists. A code that only a client may conclude (`kdc_key_changed`, `state_damaged`, …) is worth nothing in an answer,
 * sealed or not; and a request that is longer than its route takes is not sent at all.
 */
import type { ProtocolCode, TransportCode } from '../errors.ts'

type Code = ProtocolCode | TransportCode

/** What may be said of any request: of its session and login, of its clock, of a name in it. */
const OF_ANY: readonly Code[] = [
  'clock_wrong',
  'invalid_name',
  'login_stale',
  'request_refused',
  'token_expired',
  'token_unknown',
  'too_many_attempts',
]

const OF_GROUPS: readonly Code[] = [
  'epoch_passed',
  'group_exists',
  'group_unknown',
  'not_allowed',
  'quota_exceeded',
  'receiver_unknown',
]

const OF_INVITATIONS: readonly Code[] = ['invitation_refused', 'invitation_required', 'invitation_unknown']

/** What else may be said, by the first word of the path. */
const OF_ROUTES = new Map<string, readonly Code[]>([
  ['login', ['login_refused']],
  ['register', ['account_exists', 'plaintext_refused', 'registration_closed', ...OF_INVITATIONS]],
  ['password', ['plaintext_refused']],
  ['sessions', ['plaintext_refused']],
  ['listen', ['plaintext_refused']],
  ['logout', ['plaintext_refused']],
  ['userinfo', ['receiver_offline', 'receiver_unknown', 'plaintext_refused']],
  ['key-packages', ['not_allowed', 'quota_exceeded']],
  ['groups', OF_GROUPS],
  ['files', [...OF_GROUPS, 'file_exists', 'file_unknown']],
])

/** Whether the KDC may answer a request to this path so. */
export function mayBeSaid(path: string, code: string): boolean {
  const codes: readonly string[] = [...OF_ANY, ...(OF_ROUTES.get(path.split('/')[1] ?? '') ?? [])]
  return codes.includes(code)
}

const KIB = 1024
const MESSAGES = 2 * KIB * KIB
const CHUNK = 512 * KIB
const NAMES = 128 * KIB
const OTHERS = 16 * KIB

const MAX_BYTES = new Map([
  ['/groups/create', MESSAGES],
  ['/groups/commit', MESSAGES],
  ['/groups/send', MESSAGES],
  ['/key-packages/put', MESSAGES],
  ['/files/put', CHUNK],
  ['/identity/find', NAMES],
  ['/key-packages/take', NAMES],
  ['/users/online', NAMES],
])

/** The longest body that a request to this path may have, in bytes, its seal included. */
export function maxRequestBytes(path: string): number {
  return MAX_BYTES.get(path) ?? OTHERS
}
