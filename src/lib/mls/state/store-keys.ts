/**
 * Under which names things are kept in a `StateStore`.
 *
 * @module
 */

const POSITION_DIGITS = 16

const padded = (value: number) => String(value).padStart(POSITION_DIGITS, '0')

export const KEYS = {
  identity: 'identity',
  cursor: 'cursor',
  group: (id: string) => `group/${id}`,
  state: (id: string) => `state/${id}`,
  tree: (id: string) => `tree/${id}`,
  change: (id: string) => `change/${id}`,
  outgoing: (number: number) => `outgoing/${padded(number)}`,
  package: (reference: string) => `package/${reference}`,
  pin: (username: string) => `pin/${username}`,
  messages: (group: string) => `message/${group}/`,
  message: (group: string, position: number) => `message/${group}/${padded(position)}`,
  unread: (group: string, position: number) => `unread/${group}/${padded(position)}`,
  notice: (number: number) => `notice/${padded(number)}`,
} as const

/** What follows the last `/` of a key. */
export function tailOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
