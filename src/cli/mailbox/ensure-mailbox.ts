/**
 * Having a mailbox from early on: others can leave messages only for somebody whose keys are at the KDC.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { readIdentities } from '../../lib/mls/kdc-answers.ts'
import type { Session } from '../../lib/session.ts'
import { databaseIn, stateDirectory } from '../../state/places.ts'
import { stateDir } from '../paths.ts'
import type { Output } from '../terminal/output.ts'
import { MailboxHandle } from './open-mailbox.ts'

/**
 * Makes the mailbox of a principal who has none yet, here or anywhere: an identity and key packages. For a tool to call once its
 * own work is done; mostly it finds the mailbox here, and asks nothing of the KDC.
 *
 * Where the KDC has an identity that was made on another machine, that one stays: only a tool that reads or sends messages takes its
 * place.
 *
 * @throws StateError, FileError, and as `Mailbox.open`: the next tool makes it then.
 */
export async function ensureMailbox(session: Session, output: Output): Promise<void> {
  const directory = stateDirectory(stateDir(), session.kdcKey, session.username)
  if (!existsSync(databaseIn(directory)) && (await hasIdentity(session))) return
  const mail = await MailboxHandle.open(session, output)
  try {
    const identity = await mail.identity()
    if (identity === 'published' || (identity === 'none' && (await hasIdentity(session)))) return
    await mail.use(async () => {})
  } finally {
    await mail.close()
  }
}

async function hasIdentity(session: Session): Promise<boolean> {
  const { username } = session
  const { identities } = readIdentities(await session.request('/identity/find', { usernames: [username] }))
  return identities.some((identity) => identity.username === username)
}
