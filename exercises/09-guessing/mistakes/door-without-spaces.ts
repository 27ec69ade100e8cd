/** "A space is a slip of the finger." It is a character. */
import type { MakeDoor } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'the door lets in who knows the password, and nobody else'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const door = right.makeDoor(passwords, tries, seconds)
  return { login: (username, password, now) => door.login(username, password.trim(), now) }
}
