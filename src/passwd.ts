/** Changes a password: `tsx src/passwd.ts alice`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { readCredentials, updateCredentials } from './cli/login/credentials.ts'
import { changePassword, KDC_OPTIONS, withSession } from './cli/login/login.ts'
import { PASSWORD_OPTION, readNewPassword } from './cli/login/password.ts'
import { stateDir } from './cli/paths.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { parseUsername } from './lib/names.ts'
import type { Session } from './lib/session.ts'
import { changePassword as rewrap } from './state/change-password.ts'
import { stateDirectoriesOf } from './state/paths.ts'

clientTool('passwd', {
  help: (command, options) => `usage: ${command} NAME [options]

Sets another password for NAME, which the KDC never sees. NAME's other sessions
end. A password in the credentials file is replaced there too, and what NAME's
tools have stored on this machine stays readable.

${options}

exit status: 0 the new password holds, 1 refused or failed, 2 wrong usage,
3 cannot reach: try later

example: ${command} alice
`,
  positionals: ['NAME'],
  options: {
    ...PASSWORD_OPTION,
    'new-password-file': {
      type: 'string',
      help: ['FILE', 'the new password is its first line (else SYMBOLON_NEW_PASSWORD, or a prompt)'],
    },
    ...KDC_OPTIONS,
    ...OUTPUT_OPTIONS,
    ...HELP_OPTION,
  },
  async run({ values, positionals }) {
    const username = parseUsername(positionals[0] ?? '')
    const output = makeOutput('passwd', values)
    const work = async (session: Session, kdc: string) => {
      const passwordFile = values['new-password-file']
      const password = await readNewPassword({ username, passwordFile, variable: 'SYMBOLON_NEW_PASSWORD' })
      const states = () => stateDirectoriesOf(stateDir(), username)
      await changePassword(session, () => rewrap(session, password, states))
      const line = `${username} has a new password; other sessions are over`
      output.event('password_changed', { username }, line)
      if (!readCredentials().get(kdc)?.has(username)) return
      updateCredentials((credentials) => credentials.get(kdc)?.set(username, password))
      output.event('credentials_updated', { username, kdc }, 'the credentials file has it too')
    }
    await withSession(username, values, output, work, 'fresh')
  },
})
