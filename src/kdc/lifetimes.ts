/** How long things last, in seconds, unless the administrator says otherwise. */

/** A ticket: long enough to connect, no longer. */
export const TICKET_LIFETIME_SEC = 300
/** A session: a working day. */
export const SESSION_LIFETIME_SEC = 12 * 60 * 60
/** How long a session may go unused. */
export const SESSION_IDLE_SEC = 60 * 60
/** For how long stored messages and files are kept. */
export const KEEP_SEC = 7 * 24 * 60 * 60
