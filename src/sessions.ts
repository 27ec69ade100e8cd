/** Lists and ends sessions, in the manner of Kerberos's klist: `tsx src/sessions.ts alice`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { UsageError } from './cli/errors.ts'
import { LOGIN_OPTIONS, nameOfKeytab, withSession } from './cli/login/login.ts'
import { count } from './cli/terminal/format.ts'
import { makeOutput, OUTPUT_OPTIONS, type Output } from './cli/terminal/output.ts'
import { findSession, sessionTable, shortId } from './cli/terminal/session-table.ts'
import { print } from './cli/terminal/terminal.ts'
import type { SessionInfo } from './lib/kdc-link/answers.ts'
import { parseUsername } from './lib/names.ts'
import type { Session } from './lib/session.ts'

const END = 'end this session: as much of its ID as tells it from the others; may be given several times'

clientTool('sessions', {
  help: (command, options) => `usage: ${command} NAME [options]

Lists NAME's sessions: one for each login that has neither ended nor expired,
but for this tool's own. A receiver is one that listens.

${options}

exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 try later

example: ${command} alice
`,
  positionals: ['NAME'],
  implied: nameOfKeytab(),
  options: {
    end: { type: 'string', multiple: true, help: ['ID', END] },
    'end-others': { type: 'boolean', help: ['', 'end all of them'] },
    ...LOGIN_OPTIONS,
    ...OUTPUT_OPTIONS,
    ...HELP_OPTION,
  },
  async run({ values, positionals }) {
    const username = parseUsername(positionals[0] ?? '')
    if (values.end && values['end-others']) throw new UsageError('--end and --end-others do not go together')
    const output = makeOutput('sessions', values)
    // The KDC takes the end of a session from a fresh login only.
    const use = values.end || values['end-others'] ? 'fresh' : 'kept'
    const work = async (session: Session) => {
      const others = (await session.sessions()).filter(({ isThis }) => !isThis)
      if (values['end-others']) {
        const ended = await session.endSessions()
        output.event('ended', { sessions: ended }, `ended ${count(ended, 'session')}`)
      } else if (values.end) {
        // All of them are found before the first is ended.
        const chosen = values.end.map((prefix) => findSession(others, prefix))
        for (const one of chosen) await end(session, one, output)
      } else {
        await list(others, output, session.clock())
      }
    }
    await withSession(username, values, output, work, use)
  },
})

async function list(sessions: readonly SessionInfo[], output: Output, now: number): Promise<void> {
  for (const { id, address, begunAt, usedAt, expiresAt, listensAt } of sessions) {
    const listens_at = listensAt && { ip_addr: listensAt.address, port: listensAt.port }
    const times = { begun_at: begunAt, used_at: usedAt, expires_at: expiresAt }
    output.event('session', { id, ip_addr: address, ...times, listens_at })
  }
  if (output.json) return
  if (sessions.length === 0) output.event('none', {}, 'no other sessions')
  else for (const line of sessionTable(sessions, now)) await print(line)
}

async function end(session: Session, { id }: SessionInfo, output: Output): Promise<void> {
  const ended = await session.endSessions(id)
  const short = shortId(id)
  output.event('ended', { id, sessions: ended }, ended ? `ended ${short}` : `${short} had ended already`)
}
