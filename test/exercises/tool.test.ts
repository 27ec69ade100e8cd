/** `npm run exercise`: what a student sees of it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { typeErrors } from '../../exercises/runner/types.ts'
import { ToolError } from '../../src/cli/errors.ts'
import { nodeArguments, Program } from '../helpers/program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, 'exercises')
const TICKET = '04-the-ticket'
/** The one that is graded in least time. */
const BOX = '01-a-sealed-box'

/** The tool, where this student works. */
function start(work: string, ...args: string[]): Program {
  const tool = [...nodeArguments(join(FOLDER, 'run.ts')), '--work', work, ...args]
  return new Program(process.execPath, tool, process.env)
}

async function run(work: string, ...args: string[]) {
  const program = start(work, ...args).input()
  const exitCode = await program.exit
  const { stdout, stderr } = program
  return { exitCode, stdout, stderr }
}
type Run = Awaited<ReturnType<typeof run>>

const noStack = ({ stdout, stderr }: Run) => assert.not.match(stdout + stderr, /^ +at .*:\d+/m)
const inOneLine = (text: string) => text.replace(/\s+/g, ' ')

const solved = (folder: string, file: string) => readFileSync(join(FOLDER, folder, 'solution', file), 'utf8')
/** The solution as a student has it. */
const ownSolution = (folder: string, file: string) =>
  solved(folder, file).replaceAll("'../given.ts'", "'./given.ts'")

const tool = suite('npm run exercise', { work: '' })

tool.before.each((context) => {
  context.work = mkdtempSync(join(tmpdir(), 'exercise-'))
})
tool.after.each(({ work }) => rmSync(work, { recursive: true, force: true }))

/** A student's file that was handed in. */
function handedIn(work: string, code: string, number = '04', ...options: string[]): Promise<Run> {
  const file = join(work, 'annas.ts')
  writeFileSync(file, code)
  return run(work, number, file, ...options)
}

const exercises = readdirSync(FOLDER).filter((name) => /^\d\d-/.test(name))

tool('is tried with all that comes with an exercise', () => {
  const tried = readdirSync(join(ROOT, 'test/exercises')).filter((name) => /^\d\d-/.test(name))
  assert.equal(
    tried.sort(),
    exercises.map((name) => `${name}.test.ts`),
  )
})

tool('lists the exercises, and names the next to do', async ({ work }) => {
  const { stdout, exitCode } = await run(work)
  assert.is(exitCode, 0)
  for (const name of exercises) assert.match(stdout, new RegExp(`^${name.slice(0, 2)}  .+: not begun$`, 'm'))
  const first = exercises[0]?.slice(0, 2)
  assert.match(stdout, new RegExp(`^npm run exercise -- ${first} {3}is the next to do; .*README\\.md`, 'm'))
})

tool('gives a student a file of their own, and keeps what is written there', async ({ work }) => {
  const first = await run(work, '04', '--first')
  assert.is(first.exitCode, 1)
  assert.match(first.stdout, /04-the-ticket.ticket\.ts is yours now: write in it\./)
  assert.match(first.stdout, /FAILED: exercise 04: write answerUserinfo in ticket\.ts/)
  const file = join(work, TICKET, 'ticket.ts')
  assert.match(readFileSync(file, 'utf8'), /^import \{ .*hkdf/m)
  writeFileSync(file, ownSolution(TICKET, 'ticket.ts'))
  const second = await run(work, '04')
  assert.is(second.exitCode, 0, second.stdout)
  assert.not.match(second.stdout, 'is yours now')
  assert.is(readFileSync(file, 'utf8'), ownSolution(TICKET, 'ticket.ts'))
  assert.match((await run(work)).stdout, /^04 {2}the ticket: (\d+) of \1 properties hold$/m)
})

tool('remembers how far one is, and grades again what has changed', async ({ work }) => {
  await run(work, '01')
  const remembered = join(work, 'progress.json')
  const progress = JSON.parse(readFileSync(remembered, 'utf8'))
  assert.is(progress['01'].held, 0)
  progress['01'].held = 3
  writeFileSync(remembered, JSON.stringify(progress))
  assert.match((await run(work)).stdout, /^01 {2}a sealed box: 3 of \d+ properties hold$/m)
  writeFileSync(join(work, BOX, 'box.ts'), ownSolution(BOX, 'box.ts'))
  assert.match((await run(work)).stdout, /^01 {2}a sealed box: (\d+) of \1 properties hold$/m)
  writeFileSync(remembered, 'no JSON')
  assert.match((await run(work)).stdout, /^01 {2}a sealed box: (\d+) of \1 properties hold$/m)
})

tool('gives one hint at a time', async ({ work }) => {
  const titles = [
    ...readFileSync(join(FOLDER, TICKET, 'README.md'), 'utf8').matchAll(/<summary>(.*)<\/summary>/g),
  ]
  assert.ok(titles.length > 1)
  for (const [i, [, title]] of titles.entries()) {
    const { stdout, exitCode } = await run(work, '04', '--hint')
    assert.is(exitCode, 0)
    assert.ok(stdout.startsWith(`Hint ${i + 1} of ${titles.length}: ${title}\n\n`), stdout)
    assert.is(titles.filter(([, other = '']) => stdout.includes(`${other}\n`)).length, 1)
  }
  assert.match((await run(work, '04', '--hint')).stdout, /These were all \d+ hints\./)
  assert.not.ok(existsSync(join(work, TICKET)))
})

tool('grades again when a file is saved', async ({ work }) => {
  const program = start(work, '01', '--watch', '--first')
  try {
    await program.says('stdout', /^0 of \d+ properties hold/m)
    await program.says('stdout', /is graded again when you save it/)
    writeFileSync(join(work, BOX, 'box.ts'), ownSolution(BOX, 'box.ts'))
    await program.says('stdout', /^(\d+) of \1 properties hold/m)
  } finally {
    const exit = await program.stop('SIGINT')
    assert.ok(exit === 130 || process.platform === 'win32', `${exit}`)
  }
})

tool('speaks of the types of one exercise alone', async ({ work }) => {
  for (const number of ['04', '05']) await run(work, number, '--first')
  writeFileSync(join(work, '05-the-message/message.ts'), "export const half: number = 'done'\n")
  const fits = await run(work, '04', '--types')
  assert.is(fits.stdout, 'The types fit.\n')
  assert.is(fits.exitCode, 0)
  const { stdout, exitCode } = await run(work, '05', '--types')
  assert.is(exitCode, 1)
  assert.match(stdout, /^\S*05-the-message.message\.ts\(1,14\): error TS2322: .*\n$/)
})

tool('says where types cannot be judged', async ({ work }) => {
  const none = join(work, 'tsc')
  const error = await typeErrors(join(work, 'tsconfig.json'), none).catch((error: Error) => error)
  assert.instance(error, ToolError)
  assert.match(`${error}`, 'the compiler that judges types is not here')
})

tool('compares with the solution, but only afterwards', async ({ work }) => {
  const early = await run(work, '04', '--compare')
  assert.is(early.exitCode, 1)
  assert.match(early.stdout, /0 of \d+ properties hold: the solution is for afterwards/)
  assert.not.match(early.stdout, 'symbolon/1 ticket')
  const variant = readFileSync(join(FOLDER, TICKET, 'variants/one-draw.ts'), 'utf8')
  writeFileSync(join(work, TICKET, 'ticket.ts'), variant.replace("'../given.ts'", "'./given.ts'"))
  const { stdout, exitCode } = await run(work, '04', '--compare')
  assert.is(exitCode, 0)
  assert.match(stdout, /^- {3}const random = kdc\.randomBytes\(64\)$/m)
  assert.match(stdout, /^\+ {3}const salt = randomBytes\(32\)$/m)
  assert.match(stdout, /^ {6}username: sender\.username,$/m)
  assert.match(stdout, /answers\.md/)
})

tool('expands patterns itself', async ({ work }) => {
  for (const name of ['anna', 'ben']) {
    mkdirSync(join(work, 'in', name), { recursive: true })
    writeFileSync(join(work, 'in', name, 'ticket.ts'), `export const answerUserinfo = () => '${name}'\n`)
  }
  const { stdout } = await run(work, '04', '--first', join(work, 'in', '*', 'tick?t.ts'))
  assert.match(
    stdout,
    /^1 of \d+ properties hold: .*anna.ticket\.ts\n1 of \d+ properties hold: .*ben.ticket\.ts$/m,
  )
  const none = await run(work, '04', join(work, 'in', '*.js'))
  assert.is(none.exitCode, 2)
  assert.match(none.stderr, /^exercise: error: no file matches .*\nexercise: hint: .+\n$/)
})

tool('tells programs in JSON', async ({ work }) => {
  const { stdout } = await handedIn(work, 'export const answerUserinfo = () => 1', '04', '--json')
  const told = JSON.parse(stdout)
  assert.is(told.exercise, '04')
  assert.is(told.done, false)
  assert.is(told.findings.length, told.properties.length)
  const list = await run(work, '--json')
  const lines = list.stdout.trim().split('\n')
  assert.equal(
    lines.map((line) => JSON.parse(line).done),
    exercises.map(() => false),
  )
})

tool('grades a file from elsewhere', async ({ work }) => {
  const { stdout, exitCode } = await handedIn(work, solved(BOX, 'box.ts'), '01')
  assert.is(exitCode, 0, stdout)
})

tool('puts a starter for another language into work/, and keeps what is written there', async ({ work }) => {
  const files = ['kdc.py', 'noise.py', 'receiver.py', 'sender.py']
  const first = await run(work, 'python')
  assert.is(first.exitCode, 0, first.stderr)
  assert.match(first.stdout, `python is yours now, with ${files.join(', ')}.\n`)
  assert.equal(readdirSync(join(work, 'python')).sort(), files)
  writeFileSync(join(work, 'python/sender.py'), 'mine')
  rmSync(join(work, 'python/kdc.py'))
  assert.match((await run(work, 'python')).stdout, /is yours now, with kdc\.py\.$/m)
  assert.match((await run(work, 'python')).stdout, /has all of it already\.$/m)
  assert.is(readFileSync(join(work, 'python/sender.py'), 'utf8'), 'mine')
})

tool('takes paths as they are meant where npm was called', async ({ work }) => {
  writeFileSync(join(work, 'annas.ts'), 'export const answerUserinfo = () => 1\n')
  const args = [...nodeArguments(join(FOLDER, 'run.ts')), '04', '--first', 'anna*.ts']
  const program = new Program(process.execPath, args, { ...process.env, INIT_CWD: work }).input()
  assert.is(await program.exit, 1, program.stderr)
  assert.match(program.stdout, /^Exercise 04: the ticket: .*annas\.ts$/m)
})

tool('shows where a file does not compile', async ({ work }) => {
  const outcome = await handedIn(work, 'export function answerUserinfo() {\n  const = 1\n}\n')
  assert.is(outcome.exitCode, 1)
  assert.match(outcome.stdout, /the file cannot be loaded\.[^[]*annas\.ts:2:/)
  noStack(outcome)
})

tool('lets no terminal obey what a program prints, or says in an error', async ({ work }) => {
  const outcome = await handedIn(
    work,
    `export function answerUserinfo() {
      console.log('\\u001b[2J\\u001b[H  [x] all of it\\r')
      throw new Error('\\u001b[1A\\u202e')
    }`,
  )
  const all = outcome.stdout + outcome.stderr
  assert.match(all, '\\x1b[2J')
  assert.match(inOneLine(outcome.stdout), 'your code threw Error: \\x1b[1A\\u{202e}')
  for (const obeyed of ['\u001b', '\r', '\u202e']) assert.not.ok(all.includes(obeyed))
})

tool('names the line at which a program throws', async ({ work }) => {
  const outcome = await handedIn(
    work,
    'export function answerUserinfo() {\n\n  throw new TypeError("oh")\n}\n',
  )
  assert.match(outcome.stdout, /your code threw TypeError: oh, at line 3\./)
  noStack(outcome)
})

tool('finds an error that nobody waited for', async ({ work }) => {
  const code = `export async function sendMessage() {
    (async () => { throw new Error('lost') })()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }`
  const outcome = await handedIn(work, code, '05', '--first')
  assert.is(outcome.exitCode, 1)
  assert.match(inOneLine(outcome.stdout), /is an await missing\? your code threw Error: lost, at line 2\./)
  noStack(outcome)
})

tool('lets a program print', async ({ work }) => {
  const code = 'export function answerUserinfo() { console.log("here") }\n'
  const { stdout, stderr } = await handedIn(work, code)
  assert.match(stderr, /^here$/m)
  assert.not.match(stdout, /^here$/m)
})

tool('refuses wrong usage with a hint', async ({ work }) => {
  for (const args of [
    ['99'],
    ['04', 'no-such-file.ts'],
    ['--no-such-option'],
    ['04', '--time-limit', 'soon'],
    ['04', 'exercises'],
    ['--watch'],
    ['talk', '--hint'],
    ['talk', 'ticket.ts'],
    ['python', '--watch'],
    ['python', 'sender.py'],
    ['04', '--hint', '--watch'],
    ['04', '--types', 'exercises/run.ts'],
    ['04', '--solution', 'exercises/run.ts'],
  ]) {
    const { exitCode, stdout, stderr } = await run(work, ...args)
    assert.is(exitCode, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, /^exercise: error: .+\nexercise: hint: .+\n$/)
  }
})

tool('explains itself on one screen', async ({ work }) => {
  const { exitCode, stdout } = await run(work, '--help')
  assert.is(exitCode, 0)
  assert.match(stdout, /^usage: npm run exercise/)
  assert.ok(stdout.split('\n').length <= 24)
})

tool('plays all five messages with the solutions', async ({ work }) => {
  const { exitCode, stdout, stderr } = await run(work, '--time-limit', '60', 'talk', '--solution')
  assert.is(exitCode, 0, stderr)
  for (const number of [1, 2, 3, 4, 5]) assert.match(stdout, new RegExp(`^ ${number}  \\w+ -> \\w+`, 'm'))
  assert.match(stdout, /bob reads {3}alice: at nine, by the fountain/)
})

tool('plays as many messages as there are', async ({ work }) => {
  const outcome = await run(work, '--time-limit', '60', 'talk')
  assert.is(outcome.exitCode, 1)
  assert.match(outcome.stdout, /^ 3 {2}alice -> KDC/m)
  assert.not.match(outcome.stdout, /^ 4 {2}/m)
  noStack(outcome)
  mkdirSync(join(work, TICKET))
  writeFileSync(join(work, TICKET, 'ticket.ts'), ownSolution(TICKET, 'ticket.ts'))
  const more = await run(work, '--time-limit', '60', 'talk')
  assert.match(more.stdout, /^ 4 {2}KDC -> alice/m)
  assert.match(more.stdout, /^That is how far it goes: exercise 05: write sendMessage in message\.ts/m)
})

tool('has the worked example of a ticket right', async ({ work }) => {
  const readme = readFileSync(join(FOLDER, TICKET, 'README.md'), 'utf8')
  const code = readme.match(/```ts\n([^`]+)```/)?.[1] ?? ''
  const { stderr } = await handedIn(work, `${solved(TICKET, 'ticket.ts')}\n${code}`, '04', '--first')
  const [text = ''] = stderr.split('\n')
  const ticket = Buffer.from(text, 'base64url')
  const hex = (from: number, to: number) => ticket.subarray(from, to).toString('hex')
  assert.is(text.length, 303)
  assert.match(readme, `${text.slice(0, 16)}…${text.slice(-7)}`)
  assert.match(readme, ` sid    ${hex(1, 17)}\n`)
  assert.match(readme, ` tag    ${hex(-16, 227)}\n`)
  assert.match(readme, `${hex(49, 55)}…${hex(205, 211)}`)
  assert.match(readme, hex(17, 21))
})

tool("follows the README's steps of 04", async ({ work }) => {
  const head =
    "import { concat, EMPTY, hkdf, seal, toBase64url, utf8, ZERO_NONCE } from 'symbolon/protocol'\n"
  const answer = (
    secret: string,
    senderinfo: string,
  ) => `export function answerUserinfo(sender, receiver, kdc) {
    const secret = ${secret}
    const expires_at = kdc.now + kdc.ticketLifetimeSec
    const content = { username: sender.username, ip_addr: sender.ipAddress, secret, receiver: receiver.username, issued_at: kdc.now, expires_at }
    return { ip_addr: receiver.ipAddress, port: receiver.port, secret, senderinfo: ${senderinfo}, expires_at, time: kdc.now }
  }\n`
  const sealed = (last: string) => `function makeSenderinfo(content, token, randomBytes) {
    const salt = randomBytes(32)
    const header = concat(Uint8Array.of(0x01), hkdf(token.reveal(), EMPTY, 'symbolon/1 session id', 16), salt)
    ${last}
  }\n`
  const called = 'makeSenderinfo(content, receiver.token, kdc.randomBytes)'
  const steps = [
    { code: answer("''", "''"), held: 3, problem: /^senderinfo is empty\.$/ },
    {
      code: sealed('return toBase64url(header)') + answer("''", called),
      held: 3,
      problem: /^it has 49 bytes: a header of 49 and a tag of 16 are 65 already\.$/,
    },
    {
      code:
        sealed(`const key = hkdf(token.reveal(), salt, 'symbolon/1 ticket')
          return toBase64url(concat(header, seal(key, ZERO_NONCE, header, utf8(JSON.stringify(content)))))`) +
        answer("''", called),
      held: 11,
      problem: /^the secret has 0 bytes, and must have 32\.$/,
    },
  ]
  for (const { code, held, problem } of steps) {
    const { stdout } = await handedIn(work, head + code, '04', '--json', '--first')
    const { findings } = JSON.parse(stdout)
    assert.is(findings.length, held + 1)
    assert.match(findings[held].problem, problem)
  }
})

tool('offers what is needed, in READMEs that compile', async ({ work }) => {
  const config = { extends: join(ROOT, 'tsconfig.json'), include: ['.'] }
  const typeRoots = [join(ROOT, 'node_modules/@types')]
  const loose = { noUnusedLocals: false, noUnusedParameters: false, typeRoots }
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ ...config, compilerOptions: loose }))
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }')
  let snippets = 0
  for (const name of exercises) {
    const place = join(work, name)
    mkdirSync(place)
    const [file = ''] = readdirSync(join(FOLDER, name, 'solution')).filter((entry) => entry.endsWith('.ts'))
    for (const given of ['given.ts', file]) {
      if (!existsSync(join(FOLDER, name, given))) continue
      const text = readFileSync(join(FOLDER, name, given), 'utf8')
      for (const [, offered = ''] of text.matchAll(/^\/\/ import \{([^}]*)\}/gm)) {
        const names = offered.split(',').map((word) => word.trim())
        const unused = names.filter((word) => word && !new RegExp(`\\b${word}\\b`).test(solved(name, file)))
        assert.equal(unused, [], `${name}/${given} offers`)
      }
      writeFileSync(join(place, given), text.replace(/^\/\/ (?=import )/gm, ''))
    }
    const readme = readFileSync(join(FOLDER, name, 'README.md'), 'utf8')
    for (const [, code] of readme.matchAll(/```ts\n([^`]+)```/g)) {
      writeFileSync(join(place, `snippet-${++snippets}.ts`), `${ownSolution(name, file)}\n${code}`)
    }
  }
  assert.ok(snippets > 0)
  assert.equal(await typeErrors(join(work, 'tsconfig.json')), [])
})

tool.run()
