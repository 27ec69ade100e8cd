/**
 * The benchmarks there are, each a file of its name, in the order in which they are run and shown.
 *
 * @module
 */

/** The table. */
export const USUAL: ReadonlyMap<string, string> = new Map([
  ['channel', 'bulk, small messages, ping, connections: TLS 1.3, C, others'],
  ['idle', 'memory of idle connections, beside TLS 1.3'],
  ['kdc', "/userinfo beside krb5's user-to-user ticket"],
  ['logins', "OPAQUE beside krb5's logins, and what each protects"],
  ['writes', 'durable writes of many callers at once, beside one'],
  ['start', 'the tools, installed and from sources, beside Node'],
  ['send', 'a message by the command, beside ssh host true'],
])

/** Longer, or of interest to few. */
export const NAMED: ReadonlyMap<string, string> = new Map([
  ['abuse', 'what others notice of attacks on the KDC: goals'],
  ['memory', "the KDC's memory over 100,000 tickets"],
  ['primitives', 'the cryptography alone: node:crypto beside noble'],
  ['opaque', 'OPAQUE beside Argon2id; what the time of a start tells'],
  ['responsive', 'what others notice of logins, and of refusals'],
  ['files', 'one of 5 GiB, 10,000 of 1 GiB, beside scp: minutes'],
  ['stored', 'messages that wait, and groups; 10,000 of them'],
])

export const BENCHMARKS: ReadonlyMap<string, string> = new Map([...USUAL, ...NAMED])
