/** Who we are to others: an Ed25519 signature key, made here, put at the KDC in a sealed session. docs/protocol.md §7.1. */
import * as v from 'valibot'
import { fromBase64url, toBase64url } from '../../bytes.ts'
import type { Mls } from '../rfc9420/suite.ts'
import { decodeFrame, encodeFrame } from './framing.ts'

export interface Identity {
  readonly publicKey: Uint8Array
  readonly signKey: Uint8Array
  /** Whether the KDC has it. */
  readonly published: boolean
  /** When key packages were last made in number, Unix seconds: they grow old. */
  readonly refreshedAt: number
  /** Whether the last resort has been used: a thief of its keys reads every group that it was added to with it. */
  readonly lastResortUsed: boolean
  /** Whether the groups were rejoined that we were in when it was made: only of those before we need not be told how we came there. */
  readonly settled: boolean
}

const Schema = v.object({
  public_key: v.string(),
  published: v.boolean(),
  refreshed_at: v.number(),
  last_resort_used: v.boolean(),
  settled: v.optional(v.boolean(), true),
})

export async function makeIdentity(mls: Mls): Promise<Identity> {
  const { signKey, publicKey } = await mls.suite.signature.keygen()
  return { signKey, publicKey, published: false, refreshedAt: 0, lastResortUsed: false, settled: false }
}

export function encodeIdentity(identity: Identity): Uint8Array {
  const header = {
    public_key: toBase64url(identity.publicKey),
    published: identity.published,
    refreshed_at: identity.refreshedAt,
    last_resort_used: identity.lastResortUsed,
    settled: identity.settled,
  }
  return encodeFrame(header, identity.signKey)
}

/** @throws ProtocolError `state_damaged` */
export function decodeIdentity(bytes: Uint8Array): Identity {
  const { header, body } = decodeFrame(Schema, bytes)
  return {
    publicKey: fromBase64url(header.public_key),
    signKey: body,
    published: header.published,
    refreshedAt: header.refreshed_at,
    lastResortUsed: header.last_resort_used,
    settled: header.settled,
  }
}
