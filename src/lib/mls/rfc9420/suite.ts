/** The MLS implementation, ts-mls, set up as this protocol uses it: RFC 9420 with cipher suite 3. */
import type {
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  Credential,
  LeafNode,
  MLSMessage,
  PrivateMessage,
} from 'ts-mls'
import { primitives } from '#primitives'
import { EMPTY, equal, fromUtf8, utf8 } from '../../bytes.ts'
import { TAG_BYTES } from '../../crypto/aead.ts'
import { CodecError } from '../../errors.ts'
import { USERNAME } from '../../names.ts'
import { turn } from '../../pacing/event-loop.ts'

const SUITE = 'MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519'

/**
 * The most generations of a sender's ratchet that one message may skip (RFC 9420 §9.1): every message that was encrypted and then
 * refused (a quota, perhaps) is skipped for ever.
 */
const MAX_SKIPPED_MESSAGES = 1000

/** ts-mls, loaded, with the cipher suite. */
export type Mls = Parts & { readonly suite: CiphersuiteImpl }
type Parts = typeof import('./ts-mls.ts')

let loading: Promise<Mls> | undefined

/** Loads ts-mls when it is first needed: most of the library works without it. */
export function loadMls(): Promise<Mls> {
  loading ??= load()
  return loading
}

async function load(): Promise<Mls> {
  const parts = await import('./ts-mls.ts')
  const { getCiphersuiteFromName, getCiphersuiteImpl } = parts
  return { ...parts, suite: atOnce(parts, await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))) }
}

/** After so many signatures others get a turn of the event loop: the tree of a group that is joined has one for each member. */
const VERIFIED_AT_ONCE = 50

/**
 * The suite, with what each message needs computed by calls that return at once. Those of ts-mls go through WebCrypto, which imports each
 * key and waits for a thread: three quarters of the time that a message took. What a commit needs besides stays: HPKE, new keys.
 */
function atOnce(parts: Parts, suite: CiphersuiteImpl): CiphersuiteImpl {
  let verified = 0
  const { CryptoError } = parts
  const { hmac, hkdfExpand } = primitives
  return {
    ...suite,
    hash: {
      digest: async (data) => primitives.sha256(data),
      mac: async (key, data) => hmac(key, data),
      verifyMac: async (key, tag, data) => equal(hmac(key, data), tag),
    },
    kdf: {
      ...suite.kdf,
      // RFC 5869 §2.2.
      extract: async (salt, ikm) => hmac(salt, ikm),
      expand: async (prk, info, length) => hkdfExpand(prk, info, length),
    },
    signature: {
      ...suite.signature,
      sign: async (key, message) => primitives.sign(key, message),
      async verify(key, message, signature) {
        if (++verified % VERIFIED_AT_ONCE === 0) await turn()
        return primitives.verify(key, message, signature)
      },
    },
    hpke: {
      ...suite.hpke,
      encryptAead: async (key, nonce, aad = EMPTY, plaintext) =>
        primitives.seal({ bytes: key }, nonce, aad, plaintext),
      decryptAead: async (key, nonce, aad = EMPTY, sealed) => {
        const isWhole = sealed.length >= TAG_BYTES
        const plaintext = isWhole ? primitives.open({ bytes: key }, nonce, aad, sealed) : undefined
        // In ts-mls's terms: what is wrong with a message is judged above it.
        if (!plaintext) throw new CryptoError('it does not open')
        return plaintext
      },
    },
  }
}

/** What is opened by `suite` is used for nothing before `allHold` has said that all its signatures are right: until then none is checked. */
export interface DeferredSignatures {
  readonly suite: CiphersuiteImpl
  allHold(): Promise<boolean>
}

/** The suite, with signatures checked in other threads meanwhile: a check takes a third of the time of a message. */
export function deferSignatures({ suite }: Mls): DeferredSignatures {
  const checks: Promise<boolean>[] = []
  const verify: CiphersuiteImpl['signature']['verify'] = async (key, message, signature) => {
    checks.push(primitives.verifyMeanwhile(key, message, signature))
    return true
  }
  return {
    suite: { ...suite, signature: { ...suite.signature, verify } },
    allHold: async () => (await Promise.all(checks)).every((holds) => holds),
  }
}

/** The credential of a principal: basic, its name in UTF-8 (RFC 9420 §5.3). */
export function credentialOf(username: string): Credential {
  return { credentialType: 'basic', identity: utf8(username) }
}

/**
 * Whose leaf this is, by its own word.
 *
 * @throws CodecError `malformed` when it names no principal.
 */
export function usernameOf(leaf: Pick<LeafNode, 'credential'>): string {
  const { credential } = leaf
  const name = credential.credentialType === 'basic' ? fromUtf8(credential.identity, 'credential') : ''
  if (!USERNAME.test(name)) throw new CodecError('credential: it names no principal')
  return name
}

const sameCredential = (a: LeafNode, b: LeafNode) =>
  a.credential.credentialType === 'basic' &&
  b.credential.credentialType === 'basic' &&
  equal(a.credential.identity, b.credential.identity)

/**
 * How ts-mls is to judge and to keep.
 *
 * Whose keys the leaves hold is judged by `judgeKeys`, which can ask the KDC and say what changed, and not by `authService`, which
 * could only refuse. Two leaves are the same client when they name the same principal (RFC 9420 §12.2): one leaf for each.
 */
export const CLIENT_CONFIG: ClientConfig = {
  // One epoch is the least that ts-mls can keep; `forgetPast` drops that one too.
  keyRetentionConfig: {
    retainKeysForGenerations: 1,
    retainKeysForEpochs: 1,
    maximumForwardRatchetSteps: MAX_SKIPPED_MESSAGES,
  },
  lifetimeConfig: { maximumTotalLifetime: 0n, validateLifetimeOnReceive: false },
  paddingConfig: { kind: 'padUntilLength', padUntilLength: 256 },
  keyPackageEqualityConfig: {
    compareKeyPackages: (a, b) => sameCredential(a.leafNode, b.leafNode),
    compareKeyPackageToLeafNode: (a, b) => sameCredential(a.leafNode, b),
  },
  authService: { validateCredential: async (credential) => credential.credentialType === 'basic' },
}

/**
 * A state without the keys of past epochs. Messages come in order, and the KDC takes none of a past epoch: nothing is left
 * that those keys could open.
 */
export function forgetPast(state: ClientState): ClientState {
  return { ...state, historicalReceiverData: new Map() }
}

/** What only this epoch needs: to be wiped once the next is written (RFC 9420 §9.2). */
export function secretsOfEpoch(mls: Mls, state: ClientState): Uint8Array[] {
  // ts-mls 1.6.4 lists them behind as many holes.
  const ratchets = mls.secretTreeValues(state.secretTree).filter((secret) => secret !== undefined)
  return [...Object.values(state.keySchedule), ...ratchets]
}

/** @throws CodecError `malformed` */
export function decodeState(mls: Mls, bytes: Uint8Array): ClientState {
  // A copy, here and below: what is read points into these bytes, and is wiped some day.
  return withConfig(decodeAll('group state', mls.decodeGroupState, bytes.slice()))
}

/**
 * A group's state, kept without the tree.
 *
 * @throws CodecError `malformed`
 */
export function decodeBesideTree(mls: Mls, state: Uint8Array, tree: Uint8Array): ClientState {
  const nodes = decodeAll('ratchet tree', mls.decodeRatchetTree, tree.slice())
  return withConfig(decodeAll('group state', mls.decodeStateWithoutTree(nodes), state.slice()))
}

/** How ts-mls decodes: a value, and where it ends. */
type Decoder<T> = (bytes: Uint8Array, offset: number) => [T, number] | undefined

function withConfig(state: Omit<ClientState, 'clientConfig'>): ClientState {
  return { ...state, clientConfig: CLIENT_CONFIG }
}

/**
 * Decodes a value, which these bytes are all of.
 *
 * @throws CodecError `malformed`
 */
export function decodeAll<T>(what: string, decoder: Decoder<T>, bytes: Uint8Array): T {
  try {
    const decoded = decoder(bytes, 0)
    if (decoded && decoded[1] === bytes.length) return decoded[0]
  } catch {
    // Said below, in words of ours.
  }
  throw new CodecError(`${what}: it does not decode`)
}

/** @throws CodecError `malformed` */
export function decodeMessage(mls: Mls, bytes: Uint8Array): MLSMessage {
  return decodeAll('MLS message', mls.decodeMlsMessage, bytes)
}

/**
 * Reads a PrivateMessage (RFC 9420 §6.3) of one content type.
 *
 * @throws CodecError `malformed`
 */
export function decodePrivateMessage(
  mls: Mls,
  bytes: Uint8Array,
  contentType: PrivateMessage['contentType'],
): PrivateMessage {
  const message = decodeMessage(mls, bytes)
  if (message.wireformat !== 'mls_private_message' || message.privateMessage.contentType !== contentType) {
    throw new CodecError('MLS message: it is of another kind than is said')
  }
  return message.privateMessage
}
