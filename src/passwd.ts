/**
 * Changes a password: `tsx src/passwd.ts alice`.
 */

import { parseArguments } from './cli/arguments.ts'
import { commandOf } from './cli/installed.ts'
import { readCredentials, updateCredentials } from './cli/login/credentials.ts'
import { changePassword, KDC_HELP, KDC_OPTIONS, loginFrom } from './cli/login/login.ts'
import { PASSWORD_HELP, readNewPassword } from './cli/login/password.ts'
import { stateDir } from './cli/paths.ts'
import { HELP_HELP, optionLines } from './cli/terminal/help.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { runTool } from './cli/tool.ts'
import { parseUsername } from './lib/names.ts'
import { changePassword as rewrap } from './state/change-password.ts'
import { stateDirectoriesOf } from './state/paths.ts'

const HELP = `usage: ${commandOf('passwd')} NAME [options]

Sets another password for NAME, which the KDC never sees. NAME's other sessions
end. A password in the credentials file is replaced there too, and what NAME's
tools have stored on this machine stays readable.

${optionLines(
  PASSWORD_HELP,
  [
    '--new-password-file FILE',
    'the new password is its first line (else SYMBOLON_NEW_PASSWORD, or a prompt)',
  ],
  ...KDC_HELP,
  ...OUTPUT_HELP,
  HELP_HELP,
)}

exit status: 0 the new password holds, 1 refused or failed, 2 wrong usage,
3 cannot reach: try later

example: ${commandOf('passwd')} alice
`

runTool('passwd', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME'],
    options: {
      'password-file': { type: 'string' },
      'new-password-file': { type: 'string' },
      ...KDC_OPTIONS,
      ...OUTPUT_OPTIONS,
    },
  })
  const username = parseUsername(positionals[0] ?? '')
  const output = makeOutput('passwd', values)
  const { kdc, session, leave } = await loginFrom(username, values, output, 'fresh')
  try {
    const passwordFile = values['new-password-file']
    const password = await readNewPassword({ username, passwordFile, variable: 'SYMBOLON_NEW_PASSWORD' })
    const states = () => stateDirectoriesOf(stateDir(), username)
    await changePassword(session, () => rewrap(session, password, states))
    output.event('password_changed', { username }, `${username} has a new password; other sessions are over`)
    if (readCredentials().get(kdc)?.has(username)) {
      updateCredentials((credentials) => credentials.get(kdc)?.set(username, password))
      output.event('credentials_updated', { username, kdc }, 'the credentials file has it too')
    }
    await session.mailbox.ensure().catch(() => {})
  } finally {
    await leave()
  }
})
