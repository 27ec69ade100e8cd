/**
 * Where an invitation comes from: `--invitation-file`, `SYMBOLON_INVITATION`, or a prompt; never an argument, which everybody
 * on the machine can read.
 *
 * @module
 */
import { invitationToken } from '../lib/invitation.ts'
import { UsageError } from './errors.ts'
import { promptSecret } from './prompt.ts'
import { readSecretFile } from './secret-file.ts'

/**
 * Looks for an invitation.
 *
 * @param file - of `--invitation-file`.
 * @returns what was given, if anything was, and how to ask for it; without a terminal or with one given before, nobody is asked.
 * @throws UsageError for what cannot be an invitation; ToolError, FileError.
 */
export function readInvitation(file: string | undefined): {
  readonly given: string | undefined
  prompt(): Promise<string | undefined>
} {
  const text = file === undefined ? process.env.SYMBOLON_INVITATION : readSecretFile(file, 'invitation')
  const given = text === undefined ? undefined : check(text)
  return {
    given,
    async prompt() {
      if (given !== undefined || !process.stdin.isTTY) return undefined
      return check(await promptSecret('invitation: '))
    },
  }
}

function check(text: string): string {
  const invitation = text.trim()
  try {
    invitationToken(invitation).wipe()
  } catch {
    throw new UsageError(
      'this is not an invitation',
      'it is 22 letters, digits, - and _, as the administrator gave it',
    )
  }
  return invitation
}
