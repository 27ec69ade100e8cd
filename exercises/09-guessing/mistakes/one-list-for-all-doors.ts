/** "There is one door." A program may have two, and a test has many. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'the door lets in who knows the password, and nobody else'

const wrong = new Map<string, number[]>()

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return 'wait'
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
