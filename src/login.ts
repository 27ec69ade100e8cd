/**
 * Logs in once for the commands that follow, in the manner of Kerberos's kinit: `tsx src/login.ts alice`.
 */

import { parseArguments } from './cli/arguments.ts'
import { commandOf } from './cli/installed.ts'
import { isKept, keep } from './cli/login/kept-session.ts'
import { LOGIN_OPTIONS, loginFrom, nameOfKeytab, OWN_LOGIN_HELP } from './cli/login/login.ts'
import { localTime } from './cli/terminal/format.ts'
import { HELP_HELP, optionLines } from './cli/terminal/help.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { runTool } from './cli/tool.ts'
import { parseUsername } from './lib/names.ts'

const HELP = `usage: ${commandOf('login')} NAME [options]

Logs NAME in, and keeps the session for the commands that follow on this
machine: they ask for no password until it ends, with logout, or when the KDC
ends it: after 12 hours, or one without use, unless it says otherwise. One that
was kept before ends. A receiver logs in by itself.

${optionLines(...OWN_LOGIN_HELP, ...OUTPUT_HELP, HELP_HELP)}

exit status: 0 logged in, 1 refused or failed, 2 wrong usage, 3 try later

example: ${commandOf('login')} alice
`

runTool('login', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME'],
    implied: nameOfKeytab(),
    options: { ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  })
  const username = parseUsername(positionals[0] ?? '')
  const output = makeOutput('login', values)
  const { kdc, session, leave } = await loginFrom(username, values, output, 'own')
  const again = isKept({ username, kdc }) ? '; the session of before has ended' : ''
  try {
    await keep(session, kdc)
  } catch (error) {
    await leave()
    throw error
  }
  const { expiresAt } = session
  const line = `${username} is logged in at ${kdc} until ${localTime(expiresAt)}${again}`
  output.event('logged_in', { username, kdc, expires_at: expiresAt }, line)
  await session.mailbox.ensure().catch(() => {})
  await session.close()
})
