/** "Alice must not be shut out, so her password always works." And with it the next word of the list. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'after so many wrong tries it says wait, to the right password too'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      if (recent.length >= tries) return 'wait'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
