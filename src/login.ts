/** Logs in once for the commands that follow, in the manner of Kerberos's kinit: `tsx src/login.ts alice`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { isKept, keepSession } from './cli/login/kept-session.ts'
import { loginFrom, nameOfKeytab, OWN_LOGIN_OPTIONS } from './cli/login/login.ts'
import { localTime } from './cli/terminal/format.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { parseUsername } from './lib/names.ts'

clientTool('login', {
  help: (command, options) => `usage: ${command} NAME [options]

Logs NAME in, and keeps the session for the commands that follow on this
machine: they ask for no password until it ends, with logout, or when the KDC
ends it: after 12 hours, or one without use, unless it says otherwise. One that
was kept before ends. A receiver logs in by itself.

${options}

exit status: 0 logged in, 1 refused or failed, 2 wrong usage, 3 try later

example: ${command} alice
`,
  positionals: ['NAME'],
  implied: nameOfKeytab(),
  options: { ...OWN_LOGIN_OPTIONS, ...OUTPUT_OPTIONS, ...HELP_OPTION },
  async run({ values, positionals }) {
    const username = parseUsername(positionals[0] ?? '')
    const output = makeOutput('login', values)
    const { kdc, session, leave } = await loginFrom(username, values, output, 'own')
    const again = isKept({ username, kdc }) ? '; the session of before has ended' : ''
    try {
      await keepSession(session, kdc)
    } catch (error) {
      await leave()
      throw error
    }
    const { expiresAt } = session
    const line = `${username} is logged in at ${kdc} until ${localTime(expiresAt)}${again}`
    output.event('logged_in', { username, kdc, expires_at: expiresAt }, line)
    await session.mailbox.ensure().catch(() => {})
    await session.close()
  },
})
