/** "She has shown that she is alice: forget the slips." They were not hers. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'after so many wrong tries it says wait, to the right password too'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  const welcome = (username: string): Answer => {
    wrong.delete(username)
    return 'in'
  }
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return 'wait'
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return welcome(username)
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
