/**
 * What we use of ts-mls, in one piece that is loaded when it is first needed. Its parts come by their paths: the whole loads a second
 * set of primitives as well, with tables for AES, and takes twice as long.
 */
export {
  createGroup,
  decodeGroupState,
  decodeGroupStateWithoutTree as decodeStateWithoutTree,
  encodeGroupState,
  encodeGroupStateWithoutTree as encodeStateWithoutTree,
  joinGroup,
} from 'ts-mls/clientState.js'
export { encode } from 'ts-mls/codec/tlsEncoder.js'
export { createCommit, createGroupInfoWithExternalPub, joinGroupExternal } from 'ts-mls/createCommit.js'
export { createApplicationMessage, createProposal } from 'ts-mls/createMessage.js'
export { getCiphersuiteFromName } from 'ts-mls/crypto/ciphersuite.js'
export { getCiphersuiteImpl } from 'ts-mls/crypto/getCiphersuiteImpl.js'
export {
  generateKeyPackage,
  generateKeyPackageWithKey,
  makeKeyPackageRef,
  verifyKeyPackage,
} from 'ts-mls/keyPackage.js'
export { mlsExporter } from 'ts-mls/keySchedule.js'
export { verifyLeafNodeSignatureKeyPackage as verifyLeaf } from 'ts-mls/leafNode.js'
export { defaultLifetime } from 'ts-mls/lifetime.js'
export { decodeMlsMessage, encodeMlsMessage } from 'ts-mls/message.js'
export { CryptoError } from 'ts-mls/mlsError.js'
export { processPrivateMessage, processPublicMessage } from 'ts-mls/processMessages.js'
export { emptyPskIndex } from 'ts-mls/pskIndex.js'
export { decodeRatchetTree, encodeRatchetTree } from 'ts-mls/ratchetTree.js'
export {
  allSecretTreeValues as secretTreeValues,
  consumeRatchet,
  decodeSecretTree,
  secretTreeEncoder,
} from 'ts-mls/secretTree.js'
export { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
