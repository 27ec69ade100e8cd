/** "Who goes on trying waits longer." Mallory sends one wrong password a minute, and alice never gets in again. */
import type { Answer, MakeDoor } from '../given.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'a try counts for its time, and for its name only'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const wrong = new Map<string, number[]>()
  const again = (username: string, recent: number[], now: number): Answer => {
    wrong.set(username, [...recent, now])
    return 'wait'
  }
  return {
    login(username, password, now): Answer {
      const recent = (wrong.get(username) ?? []).filter((time) => time + seconds > now)
      if (recent.length >= tries) return again(username, recent, now)
      if (Object.hasOwn(passwords, username) && passwords[username] === password) return 'in'
      wrong.set(username, [...recent, now])
      return 'no'
    },
  }
}
