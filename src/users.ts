/**
 * Who can be reached now: `tsx src/users.ts alice bob`.
 */

import { parseArguments } from './cli/arguments.ts'
import { commandOf } from './cli/installed.ts'
import { LOGIN_HELP, LOGIN_OPTIONS, loginFrom, nameOfKeytab } from './cli/login/login.ts'
import { HELP_HELP, optionLines } from './cli/terminal/help.ts'
import { makeOutput, OUTPUT_HELP, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { print } from './cli/terminal/terminal.ts'
import { runTool } from './cli/tool.ts'
import { parseUsername } from './lib/names.ts'
import { everybodyOnline, reachabilityOf } from './lib/online.ts'

const HELP = `usage: ${commandOf('users')} NAME [USER...] [options]

Logs NAME in and says of each USER, one line each, whether one of its tools
waits for messages: "bob: online" or "bob: away". The KDC does not tell away
from unknown. Without USER: everybody who is online.

${optionLines(...LOGIN_HELP, ...OUTPUT_HELP, HELP_HELP)}

stdout: who (or events with --json); stderr: talk.
exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: ${commandOf('users')} alice bob charlie
`

runTool('users', async (argv) => {
  const { values, positionals } = parseArguments(argv, {
    help: HELP,
    positionals: ['NAME', '[USER...]'],
    implied: nameOfKeytab(),
    options: { ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS },
  })
  const [username = '', ...asked] = positionals.map(parseUsername)
  const output = makeOutput('users', values)
  const { session, leave } = await loginFrom(username, values, output)
  try {
    const names = [...new Set(asked)]
    let told = 0
    for await (const user of names.length > 0 ? reachabilityOf(session, names) : everybodyOnline(session)) {
      output.event('user', user)
      if (!output.json) await print(`${user.username}: ${user.online ? 'online' : 'away'}`)
      told++
    }
    if (told === 0) output.event('none', {}, 'nobody is online')
    await session.mailbox.ensure().catch(() => {})
  } finally {
    await leave()
  }
})
