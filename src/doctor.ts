/**
 * Looks for what may be wrong with a set-up: `tsx src/doctor.ts`.
 */

import { parseArguments } from './cli/arguments.ts'
import { examine } from './cli/doctor.ts'
import { EXIT } from './cli/errors.ts'
import { commandOf } from './cli/installed.ts'
import { KDC_URL_HELP } from './cli/login/kdc-url.ts'
import { HELP_HELP, optionLines } from './cli/terminal/help.ts'
import { makeOutput } from './cli/terminal/output.ts'
import { print, styled, visible } from './cli/terminal/terminal.ts'
import { runTool } from './cli/tool.ts'

const HELP = `usage: ${commandOf('doctor')} [options]

Looks for what may be wrong here: Node.js, the database, the files and their
modes, the KDC, the way to it, its key, the clocks, the sessions that login has
kept, and with those whether what is stored here can be read. It changes
nothing. One line each: "ok", "warn" or "error", and a hint.

${optionLines(KDC_URL_HELP, ['--json', 'tell events as NDJSON on stdout'], HELP_HELP)}

exit status: 0 no error was found, 1 one was, 2 wrong usage

example: ${commandOf('doctor')}
`

const STYLE = { ok: 'green', warn: 'yellow', error: 'red' } as const

runTool('doctor', async (argv) => {
  const { values } = parseArguments(argv, {
    help: HELP,
    positionals: [],
    options: { kdc: { type: 'string' }, json: { type: 'boolean' } },
  })
  const output = makeOutput('doctor', values)
  for await (const finding of examine(values.kdc)) {
    const { check, status, message, hint } = finding
    if (status === 'error') process.exitCode = EXIT.failed
    output.event('check', { ...finding })
    if (output.json) continue
    const word = styled(STYLE[status], status.padEnd(5), process.stdout)
    await print(`${word}  ${visible(`${check}: ${message}`)}`)
    if (hint) await print(visible(`       hint: ${hint}`))
  }
})
