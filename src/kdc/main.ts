/**
 * The KDC's command line: `npm run kdc -- --help`.
 *
 * @module
 */
import { UsageError } from '../cli/errors.ts'
import { runTool } from '../cli/tool.ts'
import { adduser } from './commands/adduser.ts'
import { backup } from './commands/backup.ts'
import { deluser } from './commands/deluser.ts'
import { endsessions } from './commands/endsessions.ts'
import { invitations } from './commands/invitations.ts'
import { invite } from './commands/invite.ts'
import { keytab } from './commands/keytab.ts'
import { passwd } from './commands/passwd.ts'
import { rotatekey } from './commands/rotatekey.ts'
import { serve } from './commands/serve.ts'
import { stored } from './commands/stored.ts'
import { uninvite } from './commands/uninvite.ts'
import { users } from './commands/users.ts'

const COMMANDS = new Map([
  ['adduser', adduser],
  ['passwd', passwd],
  ['deluser', deluser],
  ['users', users],
  ['invite', invite],
  ['invitations', invitations],
  ['uninvite', uninvite],
  ['endsessions', endsessions],
  ['keytab', keytab],
  ['backup', backup],
  ['rotatekey', rotatekey],
  ['stored', stored],
])

runTool('kdc', async ([command = '', ...rest]) => {
  const run = COMMANDS.get(command)
  if (run) return run(rest)
  if (command === '' || command.startsWith('-')) return serve(command === '' ? [] : [command, ...rest])
  throw new UsageError(
    `there is no command ${command}`,
    `the commands are ${[...COMMANDS.keys()].join(', ')}; without one it serves`,
  )
})
