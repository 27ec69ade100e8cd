/**
 * How the MLS state of a group is kept: in parts, so that a message writes what it has changed and no more, however many members there
 * are. The ratchet tree, and most of the rest, change with the epoch; a message changes one node of the secret tree (RFC 9420 §9).
 */
import type { ClientState } from 'ts-mls'
import { CodecError } from '../../errors.ts'
import { decodeAll, decodeBesideTree, type Mls } from '../rfc9420/suite.ts'
import type { StateStore } from '../state-store.ts'
import { KEYS } from './framing.ts'

/** So many nodes of a secret tree are written together. */
const TOGETHER = 32

/** Changes to what is kept. */
export type Entries = Map<string, Uint8Array | null>

/**
 * @returns the state, and whether it is in parts: the first versions kept the secret tree with the rest.
 * @throws CodecError `malformed`
 */
export async function readState(
  mls: Mls,
  store: StateStore,
  id: string,
): Promise<{ state: ClientState; isInParts: boolean }> {
  const part = async (key: string) => {
    const bytes = await store.get(key)
    if (!bytes) throw new CodecError('group state: a part of it is gone')
    return bytes
  }
  const state = decodeBesideTree(mls, await part(KEYS.state(id)), await part(KEYS.tree(id)))
  if (state.secretTree.length > 0) return { state, isInParts: false }
  const { length } = state.ratchetTree
  const secretTree: ClientState['secretTree'] = []
  for (let at = 0; at < length; at += TOGETHER) {
    const nodes = await part(nameOf(id, at))
    secretTree.push(...decodeAll('secret tree', mls.decodeSecretTree, nodes.slice()))
  }
  if (secretTree.length !== length) throw new CodecError('group state: its parts do not fit together')
  return { state: { ...state, secretTree }, isInParts: true }
}

/**
 * What is to be written of a state.
 *
 * @param before - as it is kept, if that is known; else every part is written, and others that are there are deleted.
 * @param after - null: nothing of it is kept any more.
 */
export async function stateEntries(
  mls: Mls,
  store: StateStore,
  id: string,
  before: ClientState | undefined,
  after: ClientState | null,
): Promise<Entries> {
  const entries: Entries = new Map()
  if (!before || !after) for (const key of await store.list(KEYS.secrets(id))) entries.set(key, null)
  if (!after) return entries.set(KEYS.state(id), null).set(KEYS.tree(id), null)
  if (after.ratchetTree !== before?.ratchetTree)
    entries.set(KEYS.tree(id), mls.encodeRatchetTree(after.ratchetTree))
  if (!before || differ(before, after, ['ratchetTree', 'secretTree', 'clientConfig']))
    entries.set(KEYS.state(id), mls.encodeStateWithoutTree({ ...after, secretTree: [] }))
  const [old, now] = [before?.secretTree ?? [], after.secretTree]
  for (let at = 0; at < Math.max(old.length, now.length); at += TOGETHER) {
    const [then, nodes] = [old.slice(at, at + TOGETHER), now.slice(at, at + TOGETHER)]
    if (nodes.length === then.length && nodes.every((node, i) => node === then[i])) continue
    entries.set(nameOf(id, at), nodes.length > 0 ? mls.encode(mls.secretTreeEncoder)(nodes) : null)
  }
  return entries
}

const nameOf = (id: string, at: number) => `${KEYS.secrets(id)}${at / TOGETHER}`

/** Whether there is another thing under a name, these names left out. Nothing in a state or a group is changed in place. */
export function differ<T extends object>(a: T, b: T, except: readonly (keyof T)[]): boolean {
  const names = Object.keys(b) as (keyof T)[]
  return names.some((name) => !except.includes(name) && a[name] !== b[name])
}
