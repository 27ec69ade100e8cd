/**
 * `npm run grade`: commands in any language are graded by what they do on the line. The solutions have every property, and each broken
 * client of the starters is found by the one that it lacks.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Grading, gradeCommand } from '../../exercises/commands/grading.ts'
import { junit } from '../../exercises/commands/junit.ts'
import { receiver } from '../../exercises/commands/receiver.ts'
import { sender } from '../../exercises/commands/sender.ts'
import type { Grade } from '../../exercises/examiner/grading.ts'
import { needs, onLinux, pythonWith } from '../helpers/needs.ts'
import { nodeArguments, Program } from '../helpers/program.ts'
import { shareOf } from '../helpers/share.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STARTERS = join(ROOT, 'exercises/starters')
const BROKEN = join(STARTERS, 'python/broken')
/** Short, and long enough for a machine that does much else; nothing that is right waits for it. */
const OPTIONS = { first: true, timeLimitSec: 20, silenceSec: 3 }
/** What waits for ever is given up after this. */
const IMPATIENT = { ...OPTIONS, timeLimitSec: 4 }

/** Files whose fault is that nothing more comes. */
const WAITED_FOR =
  /^(?:hangs|receiver_(?:of_nobody|one_at_a_time|that_skips|without_an_end|that_acks_parts))\.py$/

const python = pythonWith('cryptography') ?? ''
const withPython = needs('python3-cryptography', () => python !== '', 'apt-get install python3-cryptography')

const PROGRAMS = fileURLToPath(new URL('../helpers/programs', import.meta.url))
const FORK = join(PROGRAMS, 'python-fork.py')
let forks: { readonly socket: string; end(): Promise<void> } | undefined

const grade = suite('npm run grade')

const canFork = process.platform === 'linux' && python !== ''

grade.before(async () => {
  if (!canFork) return
  const folder = mkdtempSync(join(tmpdir(), 'forks-'))
  const socket = join(folder, 'socket')
  const program = new Program(python, [join(PROGRAMS, 'python-forks.py'), socket], process.env).input()
  await program.says('stdout', /^ready$/m)
  const end = async () => {
    await program.stop()
    rmSync(folder, { recursive: true })
  }
  forks = { socket, end }
})

grade.after(() => forks?.end())

/** Grades a sender, or a receiver, by the file's name. @param property - which is looked at, after the first; default: all. */
function graded(
  command: readonly string[],
  file: string,
  options: typeof OPTIONS,
  property?: string,
): Promise<Grade> {
  const argv = [...command, join(STARTERS, file)]
  return basename(file).startsWith('receiver')
    ? gradeCommand(withOnly(receiver, property), argv, ROOT, options)
    : gradeCommand(withOnly(sender, property), argv, ROOT, options)
}

function withOnly<Subject>(grading: Grading<Subject>, property: string | undefined): Grading<Subject> {
  if (property === undefined) return grading
  const properties = grading.properties.filter(({ name }, i) => i === 0 || name === property)
  return { ...grading, properties }
}

const inPython = (file: string, options = OPTIONS) => graded([python], `python/${file}`, options)
/** A client that another process has forked, where there is one. Most of a client's time it imports what all import. */
const forked = (file: string, options = OPTIONS, property?: string) =>
  graded(forks ? [python, '-I', '-S', FORK, forks.socket] : [python], `python/${file}`, options, property)
const inJavaScript = (file: string, options = OPTIONS) =>
  graded([process.execPath], `javascript/${file}`, options)

/** The tool itself, as it is called by hand. */
async function tool(...args: string[]) {
  const child = spawn(process.execPath, [...nodeArguments('exercises/grade.ts'), ...args], { cwd: ROOT })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { exitCode, stdout, stderr }
}

function isRight({ findings, properties }: Grade): void {
  assert.equal(
    findings.filter(({ problem }) => problem !== undefined),
    [],
  )
  assert.is(findings.length, properties.length)
}

for (const role of ['sender', 'receiver']) {
  withPython(grade)(`the ${role} in Python, solved, has every property`, async () => {
    isRight(await forked(`solution/${role}.py`, { ...OPTIONS, first: false }))
  })

  grade(`the ${role} in JavaScript, solved, has every property`, async () => {
    isRight(await inJavaScript(`solution/${role}.js`, { ...OPTIONS, first: false }))
  })
}

withPython(grade)('the receiver to be written in Python listens, and answers nobody', async () => {
  const [first, second] = (await inPython('receiver.py')).findings
  assert.is(first?.problem, undefined)
  assert.match(second?.problem ?? '', /bob does not answer a good ticket/)
})

grade('the receiver to be written in JavaScript listens, and answers nobody', async () => {
  const [first, second] = (await inJavaScript('receiver.js')).findings
  assert.is(first?.problem, undefined)
  assert.match(second?.problem ?? '', /bob does not answer a good ticket/)
})

withPython(grade)('the starter in Python asks the KDC, and says what to write', async () => {
  const [first] = (await inPython('sender.py')).findings
  assert.match(first?.problem ?? '', /^nobody dialled .* exercise 05: write send in sender\.py/)
})

grade('the starter in JavaScript asks the KDC, and says what to write', async () => {
  const [first] = (await inJavaScript('sender.js')).findings
  assert.match(first?.problem ?? '', /^nobody dialled .* exercise 05: write send in sender\.js/)
})

const AT_ONCE = 3
/** With all properties before the one that it lacks; the others with that one alone. */
const TRIED_WITH_ALL_ONE_IN = 12
/** That looks at what came of all the others. */
const OF_ALL = 'neither the secret nor the text is printed'
const broken = readdirSync(BROKEN).filter((name) => name.endsWith('.py'))
const triedWithAll = shareOf(broken, TRIED_WITH_ALL_ONE_IN)
const started: Promise<Grade>[] = []

/** The property that it lacks. */
function breaksOf(file: string): string {
  const [, quote = '', breaks = ''] =
    /^BREAKS = (['"])(.*)\1$/m.exec(readFileSync(join(BROKEN, file), 'utf8')) ?? []
  assert.ok(quote)
  return breaks
}

/** Some wait for what does not come: so the next ones are graded meanwhile. */
function gradedInTurn(file: string): Promise<Grade> {
  while (started.length < Math.min(broken.indexOf(file) + AT_ONCE, broken.length)) {
    const next = broken[started.length] ?? ''
    const breaks = breaksOf(next)
    const property = triedWithAll.includes(next) || breaks === OF_ALL ? undefined : breaks
    const outcome = forked(`broken/${next}`, WAITED_FOR.test(next) ? IMPATIENT : OPTIONS, property)
    // Told where it is waited for.
    outcome.catch(() => {})
    started.push(outcome)
  }
  return started[broken.indexOf(file)] as Promise<Grade>
}

for (const file of broken) {
  withPython(grade)(`broken/${file} is found by the property that it lacks`, async () => {
    const { findings } = await gradedInTurn(file)
    const missing = findings.find(({ problem }) => problem !== undefined)
    assert.is(missing?.property, breaksOf(file), missing?.problem)
    assert.match(missing?.problem ?? '', /^\S.{10,}$/)
  })
}

/** Programs that leave the machine alone only if they are made to. */
const STUBBORN: Readonly<Record<string, [code: string, problem: RegExp]>> = {
  'one that never ends': [
    'setInterval(() => {}, 1000)',
    /^alice neither finished nor failed|never got a POST/,
  ],
  'one that prints without end': [
    "for (;;) try { require('node:fs').writeSync(1, '0123456789'.repeat(1000)) } catch {}",
    /prints without end/,
  ],
  'one that crashes': [
    'throw new Error("oh")',
    /never got a POST \/login: the command ended with status 1: /,
  ],
  'one that is killed': [
    "process.kill(process.pid, 'SIGSEGV')",
    /never got a POST \/login: SIGSEGV ended the command/,
  ],
  'one that does nothing': ['', /never got a POST \/login: the command ended with status 0/],
}

for (const [what, [code, problem]] of Object.entries(STUBBORN)) {
  grade(`tells ${what}`, async () => {
    const { findings } = await gradeCommand(sender, [process.execPath, '-e', code], ROOT, {
      ...IMPATIENT,
      silenceSec: 1,
    })
    assert.match(findings[0]?.problem ?? '', problem)
  })
}

grade('tells a command that there is not', async () => {
  const { findings } = await gradeCommand(sender, ['no-such-command-at-all'], ROOT, OPTIONS)
  assert.match(findings[0]?.problem ?? '', /^the command cannot be started: .*ENOENT/)
})

onLinux(grade)('ends what a command has started, in a session of its own too', async () => {
  const seconds = String(80_000 + process.pid)
  const code = `
    require('node:child_process').spawn('sleep', ['${seconds}'], { detached: true, stdio: 'ignore' }).unref()
    require('node:child_process').spawn('sleep', ['${seconds}'], { stdio: 'inherit' })`
  await gradeCommand(sender, [process.execPath, '-e', code], ROOT, {
    ...IMPATIENT,
    timeLimitSec: 1,
    silenceSec: 1,
  })
  const left = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => commandLine(name).startsWith(`sleep\0${seconds}`))
  assert.equal(left, [])
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

grade('prints a checklist, JSON, a mark, and a JUnit file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grade-'))
  try {
    const file = join(folder, 'report.xml')
    const command = ['--', process.execPath, join(STARTERS, 'javascript/sender.js')]
    const words = await tool('--first', '--junit', file, '05', ...command)
    assert.is(words.exitCode, 1, words.stderr)
    assert.match(words.stdout, /^ {2}\[ \] alice logs in, asks for bob/m)
    assert.match(words.stdout, /^0 of \d+ properties hold$/m)
    const xml = readFileSync(file, 'utf8')
    assert.match(
      xml,
      /<testsuite name="Exercise 05: the message: [^"]+" tests="\d+" failures="1" skipped="\d+">/,
    )
    assert.match(xml, /<failure message="nobody dialled where bob is: [^"]+">/)
    const json = JSON.parse((await tool('--first', '--json', '05', ...command)).stdout)
    assert.is(json.exercise, '05')
    assert.is(json.done, false)
    assert.match(json.findings[0].problem, /nobody dialled/)
    const { stdout } = await tool('--first', '--mark', '05', ...command)
    assert.match(stdout, /^05 0 of \d+ properties hold: \S+ \S+sender\.js\n$/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

grade('writes XML whatever a program has said', () => {
  const problem = 'it said <\u0000"&\ud800\u001b[31m>'
  const xml = junit('a & b', {
    properties: ['x'],
    findings: [{ property: 'x', why: '', problem }],
    printed: '',
  })
  assert.match(xml, '<failure message="it said &lt;?&quot;&amp;??[31m&gt;">')
  assert.match(xml, 'name="a &amp; b"')
})

grade('refuses wrong usage with a hint', async () => {
  for (const args of [
    [],
    ['05'],
    ['99', '--', 'x'],
    ['constructor', '--', 'x'],
    ['04', '--', 'x'],
    ['05', 'x'],
    ['--silence', 'soon', '05', '--', 'x'],
    ['--junit', 'no-such-folder/x.xml', '05', '--', 'x'],
  ]) {
    const { exitCode, stdout, stderr } = await tool(...args)
    assert.is(exitCode, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, /^grade: error: .+\n(?:grade: hint: .+\n)?$/)
  }
})

grade.run()
