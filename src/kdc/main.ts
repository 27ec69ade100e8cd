/** The KDC's command line: `npm run kdc -- --help`. */
import { UsageError } from '../cli/errors.ts'
import { runTool } from '../cli/tool.ts'

type Run = (argv: string[]) => Promise<void>

// Each is loaded when it is asked for: what serves is much, and an account is made without.
const COMMANDS = new Map<string, () => Promise<Run>>([
  ['adduser', async () => (await import('./commands/accounts.ts')).adduser],
  ['passwd', async () => (await import('./commands/accounts.ts')).passwd],
  ['deluser', async () => (await import('./commands/accounts.ts')).deluser],
  ['users', async () => (await import('./commands/accounts.ts')).users],
  ['invite', async () => (await import('./commands/invite.ts')).invite],
  ['invitations', async () => (await import('./commands/invite.ts')).invitations],
  ['uninvite', async () => (await import('./commands/invite.ts')).uninvite],
  ['endsessions', async () => (await import('./commands/accounts.ts')).endsessions],
  ['keytab', async () => (await import('./commands/keytab.ts')).keytab],
  ['backup', async () => (await import('./commands/backup.ts')).backup],
  ['rotatekey', async () => (await import('./commands/master-key.ts')).rotatekey],
  ['stored', async () => (await import('./commands/stored.ts')).stored],
])

runTool('kdc', async ([command = '', ...rest]) => {
  const load = COMMANDS.get(command)
  if (load) return (await load())(rest)
  if (command === '' || command.startsWith('-')) {
    const { serve } = await import('./commands/serve.ts')
    return serve(command === '' ? [] : [command, ...rest])
  }
  const { nearest } = await import('../cli/arguments.ts')
  const commands = [...COMMANDS.keys()]
  const near = nearest(command, commands)
  throw new UsageError(
    `there is no command ${command}`,
    near ? `did you mean ${near}?` : `the commands are ${commands.join(', ')}; without one it serves`,
  )
})
