/**
 * The running hash over a group's entries, by which members notice that the KDC shows them different things. docs/protocol.md §7.5.
 *
 *     chain_0 of an epoch = MLS exporter "symbolon chain" of that epoch (RFC 9420 §8.5)
 *     chain_n             = SHA-256(chain_(n-1) || u64 seq || u8 kind || payload)
 *
 * Every message and commit carries, as MLS authenticated data, the `seq` of the last entry that its sender had processed, and the
 * hash there.
 */
import { primitives } from '#primitives'
import { concat, EMPTY, equal } from '../../bytes.ts'
import { CodecError, ProtocolError } from '../../errors.ts'
import type { Mls } from '../rfc9420/suite.ts'

export const HASH_BYTES = 32
const SEQ_BYTES = 8
const LABEL = 'symbolon chain'

/** Of how many entries at least the hash is remembered: a member that has processed an entry names none so old. */
export const REMEMBERED = 1024
/** So many hashes are in one piece: to add one copies no more than that. */
const TOGETHER = 64
const PIECE_BYTES = TOGETHER * HASH_BYTES

/** What an epoch has after the commit that began it. */
const KINDS = { message: 2, proposal: 3 } as const

/** Where a member is in a group: the last entry that they processed, and the hash there. */
export interface ChainPosition {
  readonly seq: number
  readonly hash: Uint8Array
}

/** The hashes of one epoch, from the entry that began it. */
export interface Chain {
  /** The entry that began the epoch; 0 for a group without entries. */
  readonly epochSeq: number
  readonly seq: number
  /** The latest hashes, in pieces of which all but the last are full. */
  readonly hashes: readonly Uint8Array[]
  /** The entry that the last of them is of: `seq`, unless entries were lost since. */
  readonly hashSeq: number
}

/** An unsigned 64-bit integer, big-endian. */
function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(SEQ_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** The chain of an epoch that begins with the entry `seq`. */
export async function beginChain(mls: Mls, exporterSecret: Uint8Array, seq: number): Promise<Chain> {
  const hashes = await mls.mlsExporter(exporterSecret, LABEL, EMPTY, HASH_BYTES, mls.suite)
  return { epochSeq: seq, seq, hashes: [hashes], hashSeq: seq }
}

/** Hashes that stood one after the other, in pieces. */
export function inPieces(hashes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(hashes.length / PIECE_BYTES)
  return Array.from({ length: count }, (_, at) => hashes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES))
}

/** The chain after entries that are lost: it has no more hashes until the next epoch begins. */
export function skipTo(chain: Chain, seq: number): Chain {
  return { ...chain, seq }
}

/** Whether entries of this epoch are lost to us. */
export function hasGap({ seq, hashSeq }: Chain): boolean {
  return hashSeq < seq
}

/** The chain with one more entry, the next. */
export function extendChain(chain: Chain, kind: keyof typeof KINDS, payload: Uint8Array): Chain {
  const seq = chain.seq + 1
  if (hasGap(chain)) return skipTo(chain, seq)
  const hash = primitives.sha256(lastHash(chain), u64(seq), Uint8Array.of(KINDS[kind]), payload)
  const last = lastPiece(chain)
  const isFull = last.length === PIECE_BYTES
  const before = isFull ? chain.hashes.slice(-REMEMBERED / TOGETHER) : chain.hashes.slice(0, -1)
  return { ...chain, seq, hashes: [...before, isFull ? hash : concat(last, hash)], hashSeq: seq }
}

const lastPiece = (chain: Chain) => chain.hashes.at(-1) ?? EMPTY
const lastHash = (chain: Chain) => lastPiece(chain).subarray(-HASH_BYTES)

/** Where we are: at the last entry before which nothing is lost to us. */
export function positionOf(chain: Chain): ChainPosition {
  return { seq: chain.hashSeq, hash: lastHash(chain) }
}

/** A position as MLS authenticated data: `u64 seq || hash`. */
export function encodePosition(position: ChainPosition): Uint8Array {
  return concat(u64(position.seq), position.hash)
}

/** The position of a member that rejoins: it has processed nothing, and knows no hash. */
export function positionOfNewcomer(seq: number): ChainPosition {
  return { seq, hash: new Uint8Array(HASH_BYTES) }
}

/** @throws CodecError `malformed` */
export function decodePosition(bytes: Uint8Array): ChainPosition {
  if (bytes.length !== SEQ_BYTES + HASH_BYTES)
    throw new CodecError('authenticated data: not a seq and a hash')
  const seq = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) throw new CodecError('authenticated data: the seq is too large')
  return { seq: Number(seq), hash: bytes.subarray(SEQ_BYTES) }
}

/**
 * Compares where a member says it is with what we saw.
 *
 * @throws ProtocolError `history_forked` when it saw something else: it numbers otherwise, has processed what we were not given, or
 *   has another hash. What is so old that we remember no hash, and what is lost to us, is not compared.
 */
export function comparePosition(chain: Chain, position: ChainPosition): void {
  const count = Math.max(0, chain.hashes.length - 1) * TOGETHER + lastPiece(chain).length / HASH_BYTES
  const index = position.seq - (chain.hashSeq + 1 - count)
  if (position.seq > chain.seq || position.seq < chain.epochSeq) throw forked(position.seq)
  if (index < 0 || position.seq > chain.hashSeq) return
  const at = (index % TOGETHER) * HASH_BYTES
  const ours = chain.hashes[Math.floor(index / TOGETHER)]?.subarray(at, at + HASH_BYTES)
  if (!equal(ours ?? EMPTY, position.hash)) throw forked(position.seq)
}

function forked(seq: number): ProtocolError {
  return new ProtocolError(
    'history_forked',
    `the KDC has shown another member something else than us, up to entry ${seq}`,
  )
}
