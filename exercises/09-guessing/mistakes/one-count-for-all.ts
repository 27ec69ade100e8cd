/** "Five wrong tries are five wrong tries." Mallory uses them up, and nobody gets in. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'a try counts for its time, and for its name only'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get('all') ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return 'wait'
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      wrong.set('all', [...recent, now])
      return 'no'
    },
  }
}
