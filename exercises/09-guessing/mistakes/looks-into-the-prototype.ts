/** "passwords[name] is undefined when there is none." Not for `constructor`. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'the door lets in who knows the password, and nobody else'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return 'wait'
      if (String(passwords[username]) === password) return 'in'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
