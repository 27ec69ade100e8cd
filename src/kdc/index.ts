/**
 * The KDC for programs: a part of a server of one's own, or a realm for tests. What runs by itself is `symbolon kdc`.
 *
 * @example
 * import { startTestRealm } from 'symbolon/kdc'
 *
 * await using realm = await startTestRealm({ accounts: ['alice', 'bob'] })
 * const alice = await realm.login('alice')
 *
 * @module
 */
export { type CreateKdcOptions, createKdc, type EmbeddedKdc, type KdcSettings } from './create-kdc.ts'
export type { Log, Registration } from './settings.ts'
export { startTestRealm, type TestRealm, type TestRealmOptions } from './test-realm.ts'
