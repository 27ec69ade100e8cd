/** "PBKDF2 is slow enough." For a list of a hundred words it is not. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'after so many wrong tries it says wait, to the right password too'

export const makeDoor: MakeDoor = (passwords, _tries, seconds) => {
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      // Nothing to be done.
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
