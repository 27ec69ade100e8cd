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
/// <reference types="node" preserve="true" />
export { type CreateKdcOptions, createKdc } from './create-kdc.ts'
export { type EmbeddedKdc, type KdcSettings, type Log, REGISTRATIONS, type Registration } from './settings.ts'
export { startTestRealm, type TestRealm, type TestRealmOptions } from './test-realm.ts'
