/** PBKDF2 written out with HMAC, a table of powers, and a door that is a class with a queue for each name. */
import { createDecipheriv, createHmac } from 'node:crypto'
import type { Answer, RecordedLogin } from '../given.ts'
import { hashToGroup, P, Q } from '../solution/guessing.ts'

function stretched(password: string, salt: string, rounds: number): Buffer {
  const mac = (data: Buffer) => createHmac('sha256', password).update(data).digest()
  let last = mac(Buffer.concat([Buffer.from(salt), Buffer.from([0, 0, 0, 1])]))
  const key = Buffer.from(last)
  for (let i = 1; i < rounds; i++) {
    last = mac(last)
    for (let j = 0; j < key.length; j++) key[j] = (key[j] ?? 0) ^ (last[j] ?? 0)
  }
  return key
}

function isRight(word: string, { username, realm, rounds, proof }: RecordedLogin): boolean {
  if (proof.length < 16) return false
  const key = stretched(word, `${realm}${username}`, rounds)
  const cipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
  cipher.setAAD(Buffer.from(username), { plaintextLength: proof.length - 16 })
  cipher.setAuthTag(proof.subarray(-16))
  cipher.update(proof.subarray(0, -16))
  try {
    cipher.final()
    return true
  } catch {
    return false
  }
}

export function crack(login: RecordedLogin, words: readonly string[]): string | undefined {
  for (const word of words) if (isRight(word, login)) return word
  return
}

export function blindFor(request: number, word: string): number | undefined {
  const powers = [1]
  while (powers.length < Q) powers.push(((powers.at(-1) ?? 1) * hashToGroup(word)) % P)
  const blind = powers.indexOf(request)
  return blind > 0 ? blind : undefined
}

export class makeDoor {
  readonly #passwords: Map<string, string>
  readonly #wrong = new Map<string, number[]>()
  readonly #tries: number
  readonly #seconds: number

  constructor(passwords: Record<string, string>, tries: number, seconds: number) {
    this.#passwords = new Map(Object.entries(passwords))
    this.#tries = tries
    this.#seconds = seconds
  }

  login(username: string, password: string, now: number): Answer {
    const times = this.#wrong.get(username) ?? []
    while (times[0] !== undefined && now >= times[0] + this.#seconds) times.shift()
    if (times.length === this.#tries) return 'wait'
    if (this.#passwords.get(username) === password) return 'in'
    times.push(now)
    this.#wrong.set(username, times)
    return 'no'
  }
}
