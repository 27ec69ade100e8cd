/**
 * What we use of ts-mls, in one piece that is loaded when it is first needed. Its parts come by their paths where its interface lacks them.
 *
 * @module
 */
export * as api from 'ts-mls'
export {
  decodeGroupStateWithoutTree as decodeStateWithoutTree,
  encodeGroupStateWithoutTree as encodeStateWithoutTree,
} from 'ts-mls/clientState.js'
export { makeKeyPackageRef, verifyKeyPackage } from 'ts-mls/keyPackage.js'
export { verifyLeafNodeSignatureKeyPackage as verifyLeaf } from 'ts-mls/leafNode.js'
export { decryptSenderData } from 'ts-mls/privateMessage.js'
export { decodeRatchetTree, encodeRatchetTree } from 'ts-mls/ratchetTree.js'
export { allSecretTreeValues as secretTreeValues, consumeRatchet } from 'ts-mls/secretTree.js'
export { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
