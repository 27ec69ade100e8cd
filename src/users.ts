/** Who can be reached now: `tsx src/users.ts alice bob`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { LOGIN_OPTIONS, nameOfKeytab, withSession } from './cli/login/login.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { print } from './cli/terminal/terminal.ts'
import { parseUsername } from './lib/names.ts'
import { allOnline, reachabilityOf } from './lib/online.ts'

clientTool('users', {
  help: (command, options) => `usage: ${command} NAME [USER...] [options]

Logs NAME in and says of each USER, one line each, whether one of its tools
waits for messages: "bob: online" or "bob: away". The KDC does not tell away
from unknown. Without USER: everybody who is online.

${options}

stdout: who (or events with --json); stderr: talk.
exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: ${command} alice bob charlie
`,
  positionals: ['NAME', '[USER...]'],
  implied: nameOfKeytab(),
  options: { ...LOGIN_OPTIONS, ...OUTPUT_OPTIONS, ...HELP_OPTION },
  async run({ values, positionals }) {
    const [username = '', ...asked] = positionals.map(parseUsername)
    const output = makeOutput('users', values)
    await withSession(username, values, output, async (session) => {
      const names = [...new Set(asked)]
      let told = 0
      for await (const user of names.length > 0 ? reachabilityOf(session, names) : allOnline(session)) {
        output.event('user', user)
        if (!output.json) await print(`${user.username}: ${user.online ? 'online' : 'away'}`)
        told++
      }
      if (told === 0) output.event('none', {}, 'nobody is online')
    })
  },
})
