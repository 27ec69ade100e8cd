/** "Perhaps bob comes back." Until then his pair key can only be stolen. */
import type { Owner, Remove } from '../given.ts'
import * as right from '../solution/group.ts'

export { add, follow, read, send } from '../solution/group.ts'

export const breaks = 'what is over is forgotten: no old key is kept'

export const remove: Remove = (owner, name, randomBytes) => {
  const { owner: after, commit } = right.remove(owner, name, randomBytes)
  return { owner: { ...after, gone: { [name]: owner.members[name] } } as Owner, commit }
}
