/** Tells which sessions `login` keeps, in the manner of Kerberos's klist: `tsx src/whoami.ts`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { EXIT, ToolError } from './cli/errors.ts'
import { commandOf } from './cli/installed.ts'
import { type KeptSession, KeptSessionOver, keptSessions, resume } from './cli/login/kept-session.ts'
import { kdcFrom } from './cli/login/login.ts'
import { localTime } from './cli/terminal/format.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { print } from './cli/terminal/terminal.ts'
import { SymbolonError } from './lib/errors.ts'
import type { LoginOptions } from './lib/renewable-login.ts'
import type { Session } from './lib/session.ts'

clientTool('whoami', {
  help: (command, options) => `usage: ${command} [options]

Tells which sessions login has kept on this machine, one line each: whose, at
which KDC, since when, until when, and whether the KDC still takes it: "active",
"ended", or "unknown" when the KDC cannot be asked.

${options}

exit status: 0 one of them is active, 1 none is, 2 wrong usage, 3 try later

example: ${command}
`,
  positionals: [],
  options: { ...OUTPUT_OPTIONS, ...HELP_OPTION },
  async run({ values }) {
    const output = makeOutput('whoami', values)
    const states = new Set<string>()
    for (const kept of keptSessions()) {
      const { username, kdc, kdcKey, begunAt, expiresAt } = kept
      const { options } = kdcFrom({ kdc }, output)
      const { state, why } = await stateOf(kept, options)
      states.add(state)
      const place = { username, kdc, kdc_key: kdcKey }
      output.event('kept_session', { ...place, begun_at: begunAt, expires_at: expiresAt, state }, why)
      const times = `since ${localTime(begunAt)}, until ${localTime(expiresAt)}`
      if (!output.json) await print(`${username} at ${kdc}, ${times}: ${state}`)
    }
    if (states.has('active')) return
    if (states.has('unknown')) throw new ToolError('no KDC could be asked', { exitCode: EXIT.tryLater })
    throw new ToolError('no session is active here', { hint: `${commandOf('login')} NAME` })
  },
})

async function stateOf(kept: KeptSession, options: LoginOptions): Promise<{ state: string; why?: string }> {
  let session: Session | undefined
  try {
    session = await resume(kept, options)
    await session.sessions()
    return { state: 'active' }
  } catch (error) {
    if (error instanceof KeptSessionOver) return { state: 'ended' }
    if (error instanceof SymbolonError) return { state: 'unknown', why: error.message }
    throw error
  } finally {
    await session?.close()
  }
}
