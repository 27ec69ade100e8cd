/**
 * Grades a command, in whatever language: a sender or a receiver that speaks docs/protocol.md, run against a KDC, an honest other
 * side, and dishonest ones.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArguments, parseSeconds } from '../src/cli/arguments.ts'
import { EXIT, UsageError } from '../src/cli/errors.ts'
import { print } from '../src/cli/terminal/terminal.ts'
import { runTool } from '../src/cli/tool.ts'
import { visibleJson } from '../src/lib/text/visible.ts'
import { type CommandGradingOptions, gradeCommand } from './commands/grading.ts'
import { junit } from './commands/junit.ts'
import { receiver } from './commands/receiver.ts'
import { sender } from './commands/sender.ts'
import { CALLED_IN, exitOnSignals, fromCaller } from './runner/called.ts'
import { checklist, isDone, sum } from './runner/checklist.ts'

const HELP = `usage: npm run grade -- [OPTIONS] NUMBER -- COMMAND...

Grades a command in any language: exercises/starters/README.md tells how it is called.

  --first               stop at the first property that does not hold
  --all                 explain every property that does not hold, not only the first two
  --json                one line of JSON, for programs
  --mark                one line: the exercise, how many properties hold, of how many, the command
  --junit FILE          write a JUnit file, too
  --time-limit SECONDS  for one conversation; default 10
  --silence SECONDS     how long a silent bob is silent; default 5
  -h, --help            show this

Exits with 0 only when every property holds, with 2 when it was called wrongly.

example: npm run grade -- 05 -- python3 sender.py
`

const OPTIONS = {
  first: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  mark: { type: 'boolean', default: false },
  junit: { type: 'string' },
  'time-limit': { type: 'string', default: '10' },
  silence: { type: 'string', default: '5' },
} as const

type Grade = (
  argv: readonly string[],
  folder: string,
  options: CommandGradingOptions,
) => ReturnType<typeof gradeCommand>

interface Graded {
  readonly title: string
  readonly grade: Grade
}

const GRADED: Readonly<Record<string, Graded>> = {
  '05': { title: 'Exercise 05: the message', grade: (...args) => gradeCommand(sender, ...args) },
  '07': { title: 'Exercise 07: the receiver', grade: (...args) => gradeCommand(receiver, ...args) },
}

runTool('grade', async (argv) => {
  const { values, positionals, literals } = parseArguments(argv, {
    help: HELP,
    options: OPTIONS,
    positionals: ['NUMBER', 'COMMAND', '[ARGUMENT...]'],
  })
  const [word = '', ...command] = positionals
  const number = word.padStart(2, '0')
  const graded = Object.hasOwn(GRADED, number) ? GRADED[number] : undefined
  if (!graded) {
    throw new UsageError(
      `no exercise ${word} is graded as a command`,
      `these are: ${Object.keys(GRADED).join(', ')}`,
    )
  }
  const { title } = graded
  if (literals !== command.length)
    throw new UsageError('the command belongs after --', 'grade 05 -- python3 sender.py')
  const junitFile = values.junit === undefined ? undefined : fromCaller(values.junit)
  // Before minutes of work: whether it can be written.
  if (junitFile !== undefined && !existsSync(dirname(junitFile)))
    throw new UsageError(`--junit: there is no folder ${dirname(junitFile)}`, 'make it first')
  exitOnSignals()
  const name = command.join(' ')
  const isForPeople = !values.json && !values.mark
  const limits = {
    first: values.first,
    timeLimitSec: parseSeconds('--time-limit', values['time-limit']),
    silenceSec: parseSeconds('--silence', values.silence),
  }
  if (isForPeople) await print(`${title}: ${name}\n`)
  const grade = await graded.grade(command, CALLED_IN, limits)
  const done = isDone(grade)
  if (junitFile !== undefined) writeFileSync(junitFile, junit(`${title}: ${name}`, grade))
  if (values.json) await print(visibleJson(JSON.stringify({ exercise: number, command, done, ...grade })))
  if (values.mark) await print(`${number} ${sum(grade)}: ${name}`)
  if (isForPeople) await print(`${checklist(grade, values.all)}\n\n${sum(grade)}`)
  if (!done) process.exitCode = EXIT.failed
})
