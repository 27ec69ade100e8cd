/**
 * What of a program is on disk: state that outlives it, files by their paths, keytabs and credentials.
 *
 * @example
 * import { loginWithKeytab } from 'symbolon/node'
 *
 * const printer = await loginWithKeytab('/etc/printer.keytab')
 *
 * @module
 */
/// <reference types="node" preserve="true" />
export type { Keytab } from '../cli/keytab.ts'
export { FileError } from '../files/private-files.ts'
export { StateError } from '../state/errors.ts'
export { loginWithKeytab, readCredentials, readKeytab } from './secrets.ts'
