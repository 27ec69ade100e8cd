/**
 * Principals with mailboxes for `stored.ts`: those who talk are real, with sessions and their states on disk; those who only are
 * members of something have an account and the keys by which others add them.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { openData } from '../src/kdc/data.ts'
import { MAX_PACKAGES } from '../src/kdc/groups/quotas.ts'
import { systemClock } from '../src/lib/clock.ts'
import { makeKeyPackage } from '../src/lib/mls/keys/key-packages.ts'
import { Mailbox } from '../src/lib/mls/mailbox.ts'
import { loadMls } from '../src/lib/mls/rfc9420/suite.ts'
import { makeIdentity } from '../src/lib/mls/state/identity.ts'
import { login, type Session } from '../src/lib/session.ts'
import { ClientState } from '../src/state/client-state.ts'
import { MemoryState } from '../test/helpers/memory-state.ts'
import { PASSWORD, type RunningKdc } from './kdc/server.ts'
import { addAccounts } from './opaque-accounts.ts'

const KEEP_SEC = 24 * 60 * 60

/** What tells a request to the store from every other. */
export function freshKey(username: string) {
  return { username, id: new Uint8Array(randomBytes(16)), forgetAt: systemClock() + KEEP_SEC }
}

/** 16 bytes or more as they are sent. */
export const random = (bytes: number) => randomBytes(bytes).toString('base64url')

/** Makes so many who can be added to groups again and again. @returns their names, all of the same length. */
export async function addMembers(data: string, count: number): Promise<string[]> {
  const names = await addAccounts(data, count)
  const mls = await loadMls()
  const { store } = await openData(data)
  try {
    for (const username of names) {
      const identity = await makeIdentity(mls)
      const { publicPackage } = await makeKeyPackage(mls, username, identity, systemClock)
      const lastResort = mls.encodeMlsMessage({
        wireformat: 'mls_key_package',
        version: 'mls10',
        keyPackage: publicPackage,
      })
      await store.identities.put(freshKey(username), identity.publicKey, systemClock())
      await store.keyPackages.put(freshKey(username), {
        packages: [],
        lastResort,
        signatureKey: identity.publicKey,
        limit: MAX_PACKAGES,
        now: systemClock(),
      })
    }
  } finally {
    await store.close()
  }
  return names
}

/** A mailbox that keeps nothing, for those who only have something to say. */
export const openFleeting = (session: Session): Promise<Mailbox> =>
  Mailbox.open({
    username: session.username,
    post: (path, body) => session.request(path, body),
    state: new MemoryState(),
    clock: session.clock,
  })

/** Logs in, as the tools do. */
export const logIn = ({ url }: RunningKdc, username: string): Promise<Session> =>
  login(url, username, PASSWORD)

/** One principal's mailbox with its state in a directory. */
export interface OpenMail {
  readonly mailbox: Mailbox
  close(): Promise<void>
}

/**
 * Opens a mailbox, as the tools do.
 *
 * @param options.acknowledges - tells the KDC what was read; else the same waits again for the next who begins where this one did.
 */
export async function openMail(
  session: Session,
  directory: string,
  options: { acknowledges?: boolean } = {},
): Promise<OpenMail> {
  const { username, clock } = session
  const kept = await ClientState.open(directory, session.exportKey)
  const post = (path: string, body: Record<string, unknown>) => {
    if (path === '/mailbox/ack' && options.acknowledges === false) return Promise.resolve({ time: clock() })
    return session.request(path, body)
  }
  const mailbox = await Mailbox.open({ username, post, state: await kept.hold(), clock })
  const close = async () => {
    await mailbox.close()
    await kept.close()
  }
  return { mailbox, close }
}
