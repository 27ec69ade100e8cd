/** Key packages (RFC 9420 §10): ours, by which others add us while we are away; and those of others. */
import type { KeyPackage } from 'ts-mls'
import * as v from 'valibot'
import { concat, toBase64url } from '../../bytes.ts'
import type { Clock } from '../../clock.ts'
import { ProtocolError } from '../../errors.ts'
import { MAX_NAMES, readPackages } from '../kdc-answers.ts'
import { credentialOf, decodeMessage, type Mls, usernameOf } from '../rfc9420/suite.ts'
import type { KeyPackagePair } from '../rfc9420/welcome.ts'
import { decodeFrame, encodeFrame, KEYS } from '../state/framing.ts'
import type { Identity } from '../state/identity.ts'
import type { Transaction } from '../state/mls-store.ts'
import type { PostToKdc } from '../types.ts'
import { judgeKeys } from './contacts.ts'

const DAY_SEC = 24 * 3600
/** RFC 9420 §7.2's lifetime. */
export const LIFETIME_SEC = 90 * DAY_SEC
/** What the clocks of others may lag behind ours. */
export const BACKDATED_SEC = DAY_SEC
/** How often an old package, or a lost one, is passed over for the next. */
export const MAX_TAKES = 3

const Schema = v.object({
  expires_at: v.number(),
  last_resort: v.boolean(),
  init_length: v.number(),
  hpke_length: v.number(),
})

/** One of our key packages, with what opens a Welcome for it. */
export interface OwnPackage extends KeyPackagePair {
  readonly isLastResort: boolean
}

/** A key package of ours that is not published yet. */
export async function makeKeyPackage(
  mls: Mls,
  username: string,
  identity: Identity,
  clock: Clock,
): Promise<KeyPackagePair> {
  const now = BigInt(clock())
  return mls.generateKeyPackageWithKey(
    credentialOf(username),
    {
      versions: ['mls10'],
      ciphersuites: [mls.suite.name],
      extensions: [],
      proposals: [],
      credentials: ['basic'],
    },
    { notBefore: now - BigInt(BACKDATED_SEC), notAfter: now + BigInt(LIFETIME_SEC) },
    [],
    { signKey: identity.signKey, publicKey: identity.publicKey },
    mls.suite,
  )
}

/**
 * Makes key packages, and adds their private keys to a transaction: write it before the packages are published.
 *
 * @returns the packages as the KDC takes them.
 */
export async function addKeyPackages(
  transaction: Transaction,
  username: string,
  clock: Clock,
  count: number,
  isLastResort: boolean,
): Promise<string[]> {
  const { mls } = transaction.mlsStore
  const packages: string[] = []
  for (let made = 0; made < count; made++) {
    const pair = await makeKeyPackage(mls, username, transaction.identity, clock)
    const reference = toBase64url(await mls.makeKeyPackageRef(pair.publicPackage, mls.suite.hash))
    const { initPrivateKey, hpkePrivateKey } = pair.privatePackage
    const bytes = encodePackage(mls, pair.publicPackage)
    const header = {
      expires_at: clock() + LIFETIME_SEC,
      last_resort: isLastResort,
      init_length: initPrivateKey.length,
      hpke_length: hpkePrivateKey.length,
    }
    transaction.setPackage(reference, encodeFrame(header, concat(initPrivateKey, hpkePrivateKey, bytes)))
    packages.push(toBase64url(bytes))
  }
  return packages
}

function encodePackage(mls: Mls, keyPackage: KeyPackage): Uint8Array {
  return mls.encodeMlsMessage({ wireformat: 'mls_key_package', version: 'mls10', keyPackage })
}

/**
 * One of our key packages, by its reference.
 *
 * @throws ProtocolError `state_damaged`; CodecError `malformed`
 */
export async function readOwnPackage(
  transaction: Transaction,
  reference: string,
): Promise<OwnPackage | undefined> {
  const kept = await transaction.mlsStore.store.get(KEYS.package(reference))
  if (!kept || !transaction.hasPackage(reference)) return undefined
  const { header, body } = decodeFrame(Schema, kept)
  const initEnd = header.init_length
  const hpkeEnd = initEnd + header.hpke_length
  return {
    isLastResort: header.last_resort,
    publicPackage: decodePackage(transaction.mlsStore.mls, body.subarray(hpkeEnd)),
    privatePackage: {
      initPrivateKey: body.subarray(0, initEnd),
      hpkePrivateKey: body.slice(initEnd, hpkeEnd),
      signaturePrivateKey: transaction.identity.signKey,
    },
  }
}

/** Adds to a transaction that the packages which cannot be used any more are forgotten. */
export async function forgetExpired(transaction: Transaction, clock: Clock): Promise<void> {
  const { mlsStore } = transaction
  for (const reference of mlsStore.packages.keys()) {
    const kept = await mlsStore.store.get(KEYS.package(reference))
    // A Welcome made on the last day may still wait for a while.
    if (kept && decodeFrame(Schema, kept).header.expires_at + LIFETIME_SEC < clock()) {
      transaction.setPackage(reference, null)
    }
  }
}

function decodePackage(mls: Mls, bytes: Uint8Array): KeyPackage {
  const message = decodeMessage(mls, bytes)
  if (message.wireformat !== 'mls_key_package') {
    throw new ProtocolError('member_unverified', 'a key package is something else')
  }
  return message.keyPackage
}

/**
 * Takes a key package of each of these, and checks it: RFC 9420 §10.1, and whose it is.
 *
 * @throws ProtocolError `receiver_unknown` when a principal has none, `member_unverified` when one is not its owner's; whatever `post`
 *   throws.
 */
export async function takeKeyPackages(
  transaction: Transaction,
  post: PostToKdc,
  clock: Clock,
  usernames: string[],
): Promise<Map<string, KeyPackage>> {
  const taken = new Map<string, KeyPackage>()
  for (let take = 0; take < MAX_TAKES && taken.size < usernames.length; take++) {
    const wanted = usernames.filter((username) => !taken.has(username))
    for (const [username, keyPackage] of await takeOnce(transaction.mlsStore.mls, post, wanted)) {
      if (isCurrent(keyPackage, clock())) taken.set(username, keyPackage)
    }
  }
  const without = usernames.find((username) => !taken.has(username))
  if (without !== undefined) {
    throw new ProtocolError(
      'receiver_unknown',
      `${without} has not been here for months: the key packages are too old`,
    )
  }
  await judgeKeys(
    transaction,
    post,
    [...taken].map(([username, { leafNode }]) => ({ username, signatureKey: leafNode.signaturePublicKey })),
    false,
  )
  return taken
}

async function takeOnce(mls: Mls, post: PostToKdc, usernames: string[]): Promise<Map<string, KeyPackage>> {
  const taken = new Map<string, KeyPackage>()
  for (let start = 0; start < usernames.length; start += MAX_NAMES) {
    const some = usernames.slice(start, start + MAX_NAMES)
    const { packages, missing } = readPackages(await post('/key-packages/take', { usernames: some }))
    for (const item of packages) {
      // Every principal in this answer becomes a member.
      if (!some.includes(item.username)) {
        throw new ProtocolError(
          'member_unverified',
          `the KDC gave a key package of ${item.username}, unasked`,
        )
      }
      taken.set(item.username, await checkPackage(mls, item.username, item.package))
    }
    const without = some.find((username) => !taken.has(username)) ?? missing[0]
    if (without !== undefined) {
      throw new ProtocolError(
        'receiver_unknown',
        `${without} has no mailbox yet: it has one after its first login`,
      )
    }
  }
  return taken
}

/** RFC 9420 §10.1 and §7.3: suite, version, both signatures; and that it is that principal's by name. */
async function checkPackage(mls: Mls, username: string, bytes: Uint8Array): Promise<KeyPackage> {
  let problem: unknown
  try {
    const keyPackage = decodePackage(mls, bytes)
    const { leafNode, cipherSuite, initKey } = keyPackage
    const signed =
      (await mls.verifyKeyPackage(keyPackage, mls.suite.signature)) &&
      (await mls.verifyLeaf(leafNode, mls.suite.signature))
    const fits =
      cipherSuite === mls.suite.name && toBase64url(initKey) !== toBase64url(leafNode.hpkePublicKey)
    if (signed && fits && usernameOf(leafNode) === username) return keyPackage
  } catch (error) {
    problem = error
  }
  throw new ProtocolError('member_unverified', `the KDC gave a key package that is not ${username}'s`, {
    cause: problem,
  })
}

function isCurrent(keyPackage: KeyPackage, now: number): boolean {
  const { lifetime } = keyPackage.leafNode
  return lifetime.notBefore <= BigInt(now) && BigInt(now) <= lifetime.notAfter
}
