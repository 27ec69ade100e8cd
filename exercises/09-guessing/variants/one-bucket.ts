/** Keys and tries from a generator; the blind by a search from both ends; and wrong tries in a table by second. */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto'
import type { Answer, Crack, Door } from '../given.ts'
import { P, Q, requestOf } from '../solution/guessing.ts'

export const crack: Crack = ({ username, realm, rounds, proof }, words) => {
  function* keys() {
    for (const word of words)
      yield [word, pbkdf2Sync(word, `${realm}${username}`, rounds, 32, 'sha256')] as const
  }
  for (const [word, key] of keys()) {
    const cipher = createDecipheriv('chacha20-poly1305', key, new Uint8Array(12), { authTagLength: 16 })
    const [sealed, tag] = [proof.slice(0, -16), proof.slice(-16)]
    cipher.setAAD(Buffer.from(username), { plaintextLength: sealed.length })
    try {
      cipher.setAuthTag(tag)
      if (cipher.update(sealed).length + cipher.final().length === sealed.length) return word
    } catch {
      // Another word.
    }
  }
  return undefined
}

export function blindFor(request: number, word: string): number | undefined {
  const first = requestOf(word, 1)
  let [up, down] = [first, requestOf(word, Q - 1)]
  const inverse = down
  for (let [low, high] = [1, Q - 1]; low <= high; low++, high--) {
    if (up === request) return low
    if (down === request) return high
    up = (up * first) % P
    down = (down * inverse) % P
  }
  return undefined
}

interface Try {
  readonly second: number
  readonly name: string
  count: number
}

export function makeDoor(passwords: Readonly<Record<string, string>>, tries: number, seconds: number): Door {
  const table: Try[] = []
  const of = (name: string, now: number) =>
    table
      .filter((row) => row.name === name && row.second > now - seconds)
      .reduce((n, { count }) => n + count, 0)
  return {
    login(name, password, now): Answer {
      if (of(name, now) >= tries) return 'wait'
      const own = Object.getOwnPropertyDescriptor(passwords, name)
      if (own !== undefined && own.value === password) return 'in'
      const row = table.find((other) => other.name === name && other.second === now)
      if (row) row.count++
      else table.unshift({ name, second: now, count: 1 })
      return 'no'
    },
  }
}
