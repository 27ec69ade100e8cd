/** "Alice is the owner, she may keep it." It can be stolen from her as well. */
import type { Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, send } from '../solution/group.ts'

export const breaks = 'what is over is forgotten: no old key is kept'

export const remove: Remove = (owner, name, randomBytes) => {
  const { owner: after, commit } = right.remove(owner, name, randomBytes)
  return { owner: { ...after, oldKeys: [owner.key] } as Owner, commit }
}
