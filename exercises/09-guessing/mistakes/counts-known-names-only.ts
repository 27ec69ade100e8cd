/** "Who is not there has no password to be guessed." But whether there is a name shows after five tries. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'a name that is not there is answered in the same way'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return 'wait'
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      if (!Object.hasOwn(passwords, username)) return 'no'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
