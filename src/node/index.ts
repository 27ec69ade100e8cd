/**
 * What of a program is on disk: state that outlives it, files by their paths, keytabs and credentials.
 *
 * @example
 * import { login } from 'symbolon'
 * import { fileStateStore, loginWithKeytab } from 'symbolon/node'
 *
 * const alice = await login(kdc, 'alice', password, { state: fileStateStore() })
 * const printer = await loginWithKeytab('/etc/printer.keytab')
 *
 * @module
 */
/// <reference types="node" preserve="true" />

export type { Keytab } from '../cli/login/keytab.ts'
export { FileError } from '../files/errors.ts'
export type { PlaceForFiles, SavedFile } from '../lib/paths.ts'
export { fileStateStore } from '../state/client-state.ts'
export { StateError } from '../state/errors.ts'
export { loginWithKeytab, readCredentials, readKeytab, saveInto, sourceFromPath } from './on-disk.ts'
