/** Looks for what may be wrong with a set-up: `tsx src/doctor.ts`. */
import { clientTool, HELP_OPTION } from './cli/client-tool.ts'
import { examine } from './cli/doctor.ts'
import { EXIT } from './cli/errors.ts'
import { KDC_URL_OPTION } from './cli/login/kdc-url.ts'
import { makeOutput, OUTPUT_OPTIONS } from './cli/terminal/output.ts'
import { print, styled, visible } from './cli/terminal/terminal.ts'

const STYLE = { ok: 'green', warn: 'yellow', error: 'red' } as const

clientTool('doctor', {
  help: (command, options) => `usage: ${command} [options]

Looks for what may be wrong here: Node.js, the database, the files and their
modes, the KDC, the way to it, its key, the clocks, the sessions that login has
kept, and with those whether what is stored here can be read. It changes
nothing. One line each: "ok", "warn" or "error", and a hint.

${options}

exit status: 0 no error was found, 1 one was, 2 wrong usage

example: ${command}
`,
  positionals: [],
  options: { ...KDC_URL_OPTION, json: OUTPUT_OPTIONS.json, ...HELP_OPTION },
  async run({ values }) {
    const output = makeOutput('doctor', values)
    let due: string | undefined
    const tellHint = async () => {
      if (due) await print(visible(`       hint: ${due}`))
    }
    for await (const finding of examine(values.kdc)) {
      const { check, status, message, hint } = finding
      if (status === 'error') process.exitCode = EXIT.failed
      output.event('check', { ...finding })
      if (output.json) continue
      // What is to be done about several is said once, below them.
      if (hint !== due) await tellHint()
      due = hint
      const word = styled(STYLE[status], status.padEnd(5), process.stdout)
      await print(`${word}  ${visible(`${check}: ${message}`)}`)
    }
    await tellHint()
  },
})
