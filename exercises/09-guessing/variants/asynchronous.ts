/** With promises and `pbkdf2` in the background, the blind counted down, and all wrong tries in one list. */
import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { open, utf8 } from 'symbolon/protocol'
import type { Answer, RecordedLogin } from '../given.ts'
import { Q, requestOf } from '../solution/guessing.ts'

const stretch = promisify(pbkdf2)

export async function crack(login: RecordedLogin, words: readonly string[]): Promise<string | undefined> {
  const { username, realm, rounds, proof } = login
  for (const word of words) {
    const key = await stretch(word, realm.concat(username), rounds, 32, 'SHA256')
    try {
      const time = open(key, new Uint8Array(12), utf8(username), proof)
      if (time.length > 0) return word
    } catch {
      // Not this one.
    }
  }
}

export async function blindFor(request: number, word: string): Promise<number | undefined> {
  let blind = Q - 1
  while (blind > 0 && requestOf(word, blind) !== request) blind--
  return blind || undefined
}

export function makeDoor(passwords: Readonly<Record<string, string>>, tries: number, seconds: number) {
  let wrong: { readonly name: string; readonly until: number }[] = []
  return {
    async login(name: string, password: string, now: number): Promise<Answer> {
      wrong = wrong.filter(({ until }) => until > now)
      if (wrong.filter((one) => one.name === name).length >= tries) return 'wait'
      if (Object.entries(passwords).some(([known, right]) => known === name && right === password))
        return 'in'
      wrong.push({ name, until: now + seconds })
      return 'no'
    },
  }
}
