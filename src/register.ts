/** Makes an account: `tsx src/register.ts alice`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { givenInvitation, promptInvitation } from './cli/login/invitation.ts'
import { KDC_OPTIONS, kdcFrom } from './cli/login/login.ts'
import { readNewPassword, SET_PASSWORD_OPTION } from './cli/login/password.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { ProtocolError, SymbolonError } from './lib/errors.ts'
import { requireServer } from './lib/kdc-link/http.ts'
import { parseUsername } from './lib/names.ts'
import { register } from './lib/register.ts'

// Without one, across a network, nothing is sent at all.
const NEEDS_INVITATION = ['invitation_required', 'plaintext_refused']

clientTool('register', {
  help: (command, options) => `usage: ${command} NAME [options]

Makes an account for NAME at the KDC, with a password that the KDC never sees.
Where not everybody may have one, it takes an invitation from the administrator.

${options}

exit status: 0 the account is there and its password works, 1 refused or failed,
2 wrong usage, 3 cannot reach: try later

example: ${command} alice
`,
  positionals: ['NAME'],
  options: {
    'invitation-file': {
      type: 'string',
      help: [
        'FILE',
        'the invitation is its first line (else SYMBOLON_INVITATION, or a prompt where one is needed)',
      ],
    },
    ...SET_PASSWORD_OPTION,
    'allow-plaintext': {
      type: 'boolean',
      help: [
        '',
        'sign up without an invitation and without TLS, where an attacker could answer for the KDC and guess the password',
      ],
    },
    ...KDC_OPTIONS,
    ...OUTPUT_OPTIONS,
    ...HELP_OPTION,
  },
  async run({ values, positionals }) {
    const username = parseUsername(positionals[0] ?? '')
    const output = makeOutput('register', values)
    const { kdc, options } = kdcFrom(values, output)
    const password = () => readNewPassword({ username, passwordFile: values['password-file'] })
    const given = givenInvitation(values['invitation-file'])
    const attempt = (invitation: string | undefined) =>
      register(kdc, username, password, { ...options, invitation, allowPlaintext: values['allow-plaintext'] })

    const session = await attempt(given).catch(async (error: unknown) => {
      if (!(error instanceof ProtocolError && NEEDS_INVITATION.includes(error.code))) throw error
      // It is asked for now that it is known to be needed.
      const invitation = given === undefined ? await promptInvitation(() => requireServer(kdc)) : undefined
      if (invitation === undefined) throw error
      return attempt(invitation)
    })
    output.event('registered', { username, kdc }, `${username} has an account at ${kdc}`)
    try {
      await session.mailbox.ensure()
    } catch (error) {
      // The account is there all the same, and the next tool of this principal makes the mailbox.
      const { message } = error as Error
      const code = error instanceof SymbolonError ? { code: error.code } : {}
      output.event('mailbox_missing', code, `nothing can wait for ${username} yet: ${message}`)
    } finally {
      await session.logout().catch(() => {})
    }
  },
})
