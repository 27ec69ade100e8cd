/** Ends the sessions that `login` keeps, in the manner of Kerberos's kdestroy: `tsx src/logout.ts`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { ToolError } from './cli/errors.ts'
import { commandOf } from './cli/installed.ts'
import { kdcUrl } from './cli/login/kdc-url.ts'
import { forgetUnreadable, keptSessions, type PrincipalAtKdc, takeKept } from './cli/login/kept-session.ts'
import { count, localTime } from './cli/terminal/format.ts'
import { makeOutput, OUTPUT_OPTIONS, type Output } from './cli/terminal/output.ts'
import { ProtocolError, SymbolonError } from './lib/errors.ts'
import { isSessionOver } from './lib/kdc-link/exchange.ts'
import { parseUsername } from './lib/names.ts'
import { login } from './lib/session.ts'

clientTool('logout', {
  help: (command, options) => `usage: ${command} [NAME] [options]

Ends the sessions that login has kept, at the KDC and on this machine: those of
NAME, or all.

${options}

exit status: 0 nothing is kept any more, 1 failed, or nothing was, 2 wrong usage

example: ${command} alice
`,
  positionals: ['[NAME]'],
  options: {
    kdc: { type: 'string', help: ['URL', 'only those at this KDC'] },
    ...OUTPUT_OPTIONS,
    ...HELP_OPTION,
  },
  async run({ values, positionals }) {
    const [name] = positionals.map(parseUsername)
    const url = values.kdc === undefined ? undefined : kdcUrl(values.kdc)
    const output = makeOutput('logout', values)
    const kept = keptSessions().filter(
      ({ username, kdc }) => username === (name ?? username) && kdc === (url ?? kdc),
    )
    const unreadable = await forgetUnreadableOf(name, url)
    if (unreadable > 0) {
      const what = `${count(unreadable, 'session')} that could not be opened any more`
      output.event('forgotten', { sessions: unreadable }, `removed ${what}`)
    }
    if (kept.length + unreadable === 0) throw nothingKept(name, url)
    for (const principal of kept) await end(principal, output)
  },
})

function nothingKept(name: string | undefined, url: string | undefined): ToolError {
  const which = `${name === undefined ? '' : ` of ${name}`}${url === undefined ? '' : ` at ${url}`}`
  const others = keptSessions().length > 0
  return new ToolError(`no session${which} is kept here`, {
    hint: others ? `${commandOf('whoami')} tells which are` : undefined,
  })
}

/** Whose it is that does not open shows in the name of its file alone: it takes both to name one, or neither for all. */
async function forgetUnreadableOf(name: string | undefined, url: string | undefined): Promise<number> {
  if (name !== undefined) return forgetUnreadable({ username: name, kdc: url ?? kdcUrl(undefined) })
  return url === undefined ? forgetUnreadable() : 0
}

async function end({ username, kdc }: PrincipalAtKdc, output: Output): Promise<void> {
  const principal = { username, kdc }
  // Before the KDC is asked, which may be away.
  const kept = await takeKept(principal)
  if (!kept) return
  const session = await login(kdc, username, () => kept, { trace: output.trace })
  try {
    await session.logout()
    output.event('logged_out', principal, `${username} is logged out at ${kdc}`)
  } catch (error) {
    if (!(error instanceof SymbolonError)) throw error
    const { code, message } = error
    const isOver = isSessionOver(error)
    const said = isOver ? "it was over, by an answer without the KDC's seal" : message
    const why =
      isOver && error instanceof ProtocolError
        ? 'the KDC says that it was over'
        : `${said}; the KDC ends the session by itself, at ${localTime(kept.expiresAt)} at the latest`
    output.event('forgotten', { ...principal, code }, `${username} is logged out here: ${why}`)
  }
}
