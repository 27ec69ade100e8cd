/** The blind by baby steps and giant steps, no word twice, and a door that counts in a ring for each name. */
import { hkdfSync, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { open, utf8, ZERO_NONCE } from 'symbolon/protocol'
import type { Answer, Door, RecordedLogin } from '../given.ts'
import { hashToGroup, P, power, Q } from '../solution/guessing.ts'

export function crack(login: RecordedLogin, words: readonly string[]): string | undefined {
  const salt = Buffer.concat([Buffer.from(login.realm), Buffer.from(login.username)])
  const tried = new Set<string>()
  for (const word of words) {
    if (tried.has(word)) continue
    tried.add(word)
    const key = pbkdf2Sync(Buffer.from(word), salt, login.rounds, 32, 'sha256')
    try {
      void open(key, ZERO_NONCE, utf8(login.username), login.proof)
    } catch {
      continue
    }
    return word
  }
  return undefined
}

const STEP = Math.ceil(Math.sqrt(Q))

export function blindFor(request: number, word: string): number | undefined {
  const base = hashToGroup(word)
  const baby = new Map<number, number>()
  for (let j = 0, value = 1; j < STEP; j++, value = (value * base) % P) baby.set(value, j)
  // What STEP steps back are.
  const back = power(base, Q - STEP)
  for (let i = 0, value = request % P; i < STEP; i++, value = (value * back) % P) {
    const j = baby.get(value)
    const blind = j === undefined ? 0 : i * STEP + j
    if (blind > 0 && blind < Q && power(base, blind) === request) return blind
  }
  return undefined
}

/** Alike in length, so that a comparison takes as long for all. */
const digest = (text: string) => Buffer.from(hkdfSync('sha256', text, 'a door', '', 32))

class Ring {
  readonly #times: number[]
  #at = 0

  constructor(size: number) {
    this.#times = Array.from({ length: size }, () => Number.NEGATIVE_INFINITY)
  }

  /** The oldest of the last ones. */
  get oldest(): number {
    return this.#times[this.#at] ?? Number.NEGATIVE_INFINITY
  }

  push(now: number): void {
    this.#times[this.#at] = now
    this.#at = (this.#at + 1) % this.#times.length
  }
}

export const makeDoor = (
  passwords: Readonly<Record<string, string>>,
  tries: number,
  seconds: number,
): Door => {
  const known = new Map(Object.entries(passwords).map(([name, password]) => [name, digest(password)]))
  const nobody = digest(String(performance.now()))
  const rings: Record<string, Ring> = Object.create(null)
  return Object.freeze({
    login(username: string, password: string, now: number): Answer {
      const name = `of ${username}`
      rings[name] ??= new Ring(tries)
      if (now - rings[name].oldest < seconds) return 'wait'
      const isRight = timingSafeEqual(known.get(username) ?? nobody, digest(password))
      if (isRight && known.has(username)) return 'in'
      rings[name].push(now)
      return 'no'
    },
  })
}
