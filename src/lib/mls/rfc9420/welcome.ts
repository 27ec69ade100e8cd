/**
 * What one needs to join a group: a Welcome, for new members (RFC 9420 §12.4.3.1), or a GroupInfo, to rejoin by an
 * external commit (§12.4.3.2). Each travels with the ratchet tree beside it (§12.4.3.3), as `u32 length || MLSMessage || tree`, and
 * with what the group is (`GroupDescriptor`) in an extension of the GroupInfo, under its signer's signature.
 */
import type {
  ClientState,
  Extension,
  GroupInfo,
  KeyPackage,
  MLSMessage,
  PrivateKeyPackage,
  Welcome,
} from 'ts-mls'
import * as v from 'valibot'
import { equal, fromUtf8, joinPair, splitPair, toBase64url, utf8 } from '../../bytes.ts'
import { CodecError, ProtocolError } from '../../errors.ts'
import { USERNAME } from '../../names.ts'
import { CLIENT_CONFIG, decodeMessage, type Mls } from './suite.ts'
import { decodeTree, leafAt } from './tree.ts'

/** Of RFC 9420 §17.3's range for private use. */
const DESCRIPTOR_EXTENSION = 0xf0c5

const username = v.pipe(v.string(), v.regex(USERNAME))
export const GroupDescriptorSchema = v.variant('kind', [
  // `own`: of one, with itself.
  v.object({ kind: v.literal('direct'), own: v.optional(v.literal(true)) }),
  v.object({ kind: v.literal('named'), name: username, admin: username }),
])

/** What a group is; never changes. */
export type GroupDescriptor = v.InferOutput<typeof GroupDescriptorSchema>

/** A state just joined, whose member vouched for it. */
export interface Joined {
  readonly state: ClientState
  readonly descriptor: GroupDescriptor
  /** Who signed the GroupInfo: for a Welcome, who added us. */
  readonly signer: string
  /** To be wiped. */
  readonly secrets: Uint8Array[]
}

/** A key package with its private keys. */
export interface KeyPackagePair {
  readonly publicPackage: KeyPackage
  readonly privatePackage: PrivateKeyPackage
}

export function descriptorExtension(descriptor: GroupDescriptor): Extension {
  return { extensionType: DESCRIPTOR_EXTENSION, extensionData: utf8(JSON.stringify(descriptor)) }
}

/** Bytes that let those join whom the commit added. */
export function encodeWelcome(mls: Mls, welcome: Welcome, state: ClientState): Uint8Array {
  return pack(mls, { wireformat: 'mls_welcome', version: 'mls10', welcome }, state)
}

/** Bytes that let a member rejoin: the group as it is in `state`. */
export async function encodeGroupInfo(
  mls: Mls,
  state: ClientState,
  descriptor: GroupDescriptor,
): Promise<Uint8Array> {
  const groupInfo = await mls.createGroupInfoWithExternalPub(
    state,
    [descriptorExtension(descriptor)],
    mls.suite,
  )
  return pack(mls, { wireformat: 'mls_group_info', version: 'mls10', groupInfo }, state)
}

function pack(mls: Mls, message: MLSMessage, state: ClientState): Uint8Array {
  return joinPair(mls.encodeMlsMessage(message), mls.encodeRatchetTree(state.ratchetTree))
}

function unpack(mls: Mls, bytes: Uint8Array): { message: MLSMessage; tree: Uint8Array } {
  const [message, tree] = splitPair(bytes)
  return { message: decodeMessage(mls, message), tree }
}

/** A Welcome, read but not yet used. */
export interface ReadWelcome {
  readonly welcome: Welcome
  readonly tree: Uint8Array
  /** The references of the key packages that it is for (RFC 9420 §5.2), in base64url. */
  readonly packages: string[]
}

/** @throws CodecError `malformed` */
export function readWelcome(mls: Mls, bytes: Uint8Array): ReadWelcome {
  const { message, tree } = unpack(mls, bytes)
  if (message.wireformat !== 'mls_welcome') throw new CodecError('welcome: it is something else')
  const { welcome } = message
  return { welcome, tree, packages: welcome.secrets.map((secret) => toBase64url(secret.newMember)) }
}

/**
 * Joins by a Welcome.
 *
 * @throws CodecError, ProtocolError, or whatever ts-mls throws, when the Welcome, the tree or a signature is wrong.
 */
export async function joinByWelcome(mls: Mls, read: ReadWelcome, own: KeyPackagePair): Promise<Joined> {
  const { suite } = mls
  const { groupInfo, secrets } = await openWelcome(mls, read.welcome, own)
  const tree = decodeTree(mls, read.tree)
  const { publicPackage, privatePackage } = own
  const none = mls.emptyPskIndex
  const joined = await mls.joinGroup(
    read.welcome,
    publicPackage,
    privatePackage,
    none,
    suite,
    tree,
    undefined,
    CLIENT_CONFIG,
  )
  // It verified the GroupInfo's signature by the key of this leaf.
  const signer = leafAt(joined.ratchetTree, groupInfo.signer)
  if (!signer) throw new CodecError('welcome: it is not signed by a member')
  const state = { ...joined, ratchetTree: Array.from(joined.ratchetTree) }
  return { state, descriptor: readDescriptor(groupInfo.extensions), signer: signer.username, secrets }
}

/** `joinGroup` keeps the GroupInfo to itself, and with it who signed it and what the group is. */
async function openWelcome(mls: Mls, welcome: Welcome, own: KeyPackagePair) {
  const { hpke, hash } = mls.suite
  const key = await hpke.importPrivateKey(own.privatePackage.initPrivateKey)
  const reference = await mls.makeKeyPackageRef(own.publicPackage, hash)
  const opened = await mls.decryptGroupSecrets(key, reference, welcome, hpke)
  if (!opened || opened.psks.length > 0) throw new CodecError('welcome: its secrets do not decode')
  // Without pre-shared keys their secret is zeros (RFC 9420 §8.4).
  const noPsk = new Uint8Array(mls.suite.kdf.size)
  const groupInfo = await mls.decryptGroupInfo(welcome, opened.joinerSecret, noPsk, mls.suite)
  if (!groupInfo) throw new CodecError('welcome: its group info does not decode')
  const secrets = [opened.joinerSecret, ...(opened.pathSecret ? [opened.pathSecret] : [])]
  return { groupInfo, secrets }
}

/** A GroupInfo for an external commit, read but not yet used. */
export interface ReadGroupInfo {
  readonly groupInfo: GroupInfo
  readonly tree: ReturnType<typeof decodeTree>
  readonly descriptor: GroupDescriptor
  readonly signer: string
}

/**
 * @throws CodecError `malformed`; ProtocolError `member_unverified` when it is of another group, or its signer is no member.
 */
export function readGroupInfo(mls: Mls, bytes: Uint8Array, group: Uint8Array): ReadGroupInfo {
  const unpacked = unpack(mls, bytes)
  if (unpacked.message.wireformat !== 'mls_group_info')
    throw new CodecError('group info: it is something else')
  const { groupInfo } = unpacked.message
  const tree = decodeTree(mls, unpacked.tree)
  const signer = leafAt(tree, groupInfo.signer)
  if (!signer || !equal(groupInfo.groupContext.groupId, group)) {
    throw new ProtocolError('member_unverified', 'the group info is of another group, or of nobody in it')
  }
  return { groupInfo, tree, descriptor: readDescriptor(groupInfo.extensions), signer: signer.username }
}

function readDescriptor(extensions: Extension[]): GroupDescriptor {
  // ts-mls would take that tree, and we have checked the one beside.
  if (extensions.some(({ extensionType }) => extensionType === 'ratchet_tree')) {
    throw new CodecError('group info: it brings a second tree')
  }
  const extension = extensions.find(({ extensionType }) => extensionType === DESCRIPTOR_EXTENSION)
  try {
    return v.parse(GroupDescriptorSchema, JSON.parse(fromUtf8(extension?.extensionData ?? new Uint8Array())))
  } catch {
    throw new CodecError('group info: it does not say what the group is')
  }
}
