/** "The members know who speaks, so I send the text." So does everybody on the way. */
import { utf8 } from 'symbolon/protocol'
import type { Send } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, remove } from '../solution/group.ts'

export const breaks = 'what one member says the others read'

export const send: Send = (member, text, randomBytes) => {
  const message = right.send(member, text, randomBytes)
  return { ...message, box: utf8(text) }
}
