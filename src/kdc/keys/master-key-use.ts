/**
 * Which master keys what is stored needs.
 *
 * @module
 */

import type { Store } from '../store/store.ts'
import { keyNumberOf } from './at-rest.ts'
import type { MasterKeys } from './master-keys.ts'

/** The numbers of the master keys under which what has not expired is sealed. */
export async function numbersInUse(store: Store, now: number): Promise<Set<number>> {
  return new Set((await store.sealPrefixes(now)).map(keyNumberOf))
}

/** Whether there is something sealed, and none of it under one of these. */
export async function sealedByOthers(store: Store, masterKeys: MasterKeys, now: number): Promise<boolean> {
  const numbers = await numbersInUse(store, now)
  return numbers.size > 0 && ![...numbers].some((number) => masterKeys.find(number))
}
