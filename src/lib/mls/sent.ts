/**
 * What becomes of a message that is sent by way of the KDC.
 *
 * @module
 */

/** What became of a message: stored by the KDC; or kept here, to be sent by the next `sync`, because the KDC was not reached. */
export type Sent = { readonly stored: true } | { readonly stored: false; readonly reason: Error }
