/**
 * Where an invitation comes from: `--invitation-file`, `SYMBOLON_INVITATION`, or a prompt; never an argument, which every user
 * on the machine can read.
 */
import { invitationToken } from '../../lib/invitation.ts'
import { setting } from '../environment.ts'
import { UsageError } from '../errors.ts'
import { count } from '../terminal/format.ts'
import { canPrompt, promptSecret } from './prompt.ts'
import { readSecretFile } from './secret-file.ts'

/** Of an invitation, in characters. */
const LENGTH = 22

/** The invitation that was given beforehand, if one was. @param file - of `--invitation-file`. */
export function givenInvitation(file: string | undefined): string | undefined {
  const text = file === undefined ? setting('SYMBOLON_INVITATION') : readSecretFile(file, 'invitation')
  return text === undefined ? undefined : check(text)
}

/** Asks for an invitation, where there is a terminal to ask on. */
export async function promptInvitation(beforePrompt: () => Promise<void>): Promise<string | undefined> {
  if (!canPrompt()) return undefined
  await beforePrompt()
  return check(await promptSecret('invitation: ', 'give --invitation-file FILE or set SYMBOLON_INVITATION'))
}

function check(text: string): string {
  const invitation = text.trim()
  try {
    invitationToken(invitation).wipe()
  } catch {
    throw new UsageError(
      `this is not an invitation: ${flawOf(invitation)}`,
      'it is 22 letters, digits, - and _, as the administrator gave it',
    )
  }
  return invitation
}

/** What is wrong with it, quoting nothing. */
function flawOf(text: string): string {
  const characters = [...text]
  const strange = characters.findIndex((character) => !/^[\w-]$/.test(character))
  if (strange >= 0) return `its character ${strange + 1} is none of those`
  if (characters.length !== LENGTH) return `it has ${count(characters.length, 'character')}, not ${LENGTH}`
  // 22 characters hold four bits more than 16 bytes, which are zero (RFC 4648 §3.5).
  return 'no invitation ends in its last character'
}
