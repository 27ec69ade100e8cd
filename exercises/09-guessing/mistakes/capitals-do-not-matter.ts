/** "Alice and alice are the same." For a name that may be decided; it was not here. */
import type { MakeDoor } from '../given.ts'
import * as right from '../solution/guessing.ts'

export { blindFor, crack } from '../solution/guessing.ts'

export const breaks = 'the door lets in who knows the password, and nobody else'

export const makeDoor: MakeDoor = (passwords, tries, seconds) => {
  const door = right.makeDoor(passwords, tries, seconds)
  return { login: (username, password, now) => door.login(username.toLowerCase(), password, now) }
}
