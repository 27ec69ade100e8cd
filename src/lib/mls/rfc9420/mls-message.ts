/**
 * MLSMessages (RFC 9420 §6) as they come from others.
 *
 * @module
 */
import type { MLSMessage, PrivateMessage } from 'ts-mls'
import { CodecError } from '../../errors.ts'
import type { Mls } from './suite.ts'

/**
 * Reads an MLSMessage, all of it.
 *
 * @throws CodecError `malformed`
 */
export function decodeMessage(mls: Mls, bytes: Uint8Array): MLSMessage {
  try {
    const decoded = mls.api.decodeMlsMessage(bytes, 0)
    if (decoded && decoded[1] === bytes.length) return decoded[0]
  } catch {
    // Said below, in words of ours.
  }
  throw new CodecError('MLS message: it does not decode')
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
