/** `npm run classroom`: a class is handed out to, does it, is collected and marked. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeCourse } from '../../exercises/classroom/class.ts'
import { ToolError } from '../../src/cli/errors.ts'
import { Program } from '../helpers/program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXERCISES = join(ROOT, 'exercises')
/** The exercise and its file. */
const WRITTEN: Readonly<Record<string, string>> = {
  '01-a-sealed-box': 'box.ts',
  '02-keys-from-a-key': 'keys.ts',
  '03-login': 'login.ts',
  '04-the-ticket': 'ticket.ts',
  '05-the-message': 'message.ts',
}
const NUMBERS = Object.keys(WRITTEN).map((name) => name.slice(0, 2))

async function run(...args: string[]) {
  const tool = ['--import', 'tsx', join(EXERCISES, 'classroom.ts'), ...args]
  const program = new Program(process.execPath, tool, { ...process.env, INIT_CWD: undefined }).input()
  const exitCode = await program.exit
  const { stdout, stderr } = program
  assert.not.match(stdout + stderr, /^ +at .*:\d+/m)
  return { exitCode, stdout, stderr }
}

const classroom = suite('npm run classroom', { folder: '' })

classroom.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'classroom-'))
})
classroom.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }))

const write = (file: string, text: string) => {
  writeFileSync(file, text)
  return file
}

const solved = (folder: string, file: string) =>
  readFileSync(join(EXERCISES, folder, 'solution', file), 'utf8').replaceAll("'../given.ts'", "'./given.ts'")

/** The student writes what the solution says. */
function solve(place: string, only: readonly string[] = Object.keys(WRITTEN)): void {
  for (const folder of only) {
    const file = WRITTEN[folder] ?? ''
    writeFileSync(join(place, folder, file), solved(folder, file))
  }
}

interface Marks {
  readonly students: readonly {
    readonly name: string
    readonly total: number
    readonly exercises: Readonly<
      Record<
        string,
        {
          state: string
          held: number
          of: number
          points: number
          missing: { property: string; problem: string }[]
          values?: string
          valuesOf?: string
          why?: string
        }
      >
    >
  }[]
}

const readMarks = (file: string): Marks => JSON.parse(readFileSync(file, 'utf8'))
const readCsv = (file: string): Record<string, string>[] =>
  parse(readFileSync(file, 'utf8'), { columns: true })

classroom('a class of 40 is handed out to, does it, is collected and marked', async ({ folder }) => {
  const out = join(folder, 'out')
  const name = (i: number) => (i === 0 ? 'Zoë Müller' : i === 1 ? '=1+1' : `Student ${i}`)
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${1000 + i};${name(i)};${i === 2 ? '@SUM(A1)' : `note ${i}`}`,
  )
  const list = write(join(folder, 'class.csv'), `\ufeffmatriculation;name;note\r\n${rows.join('\r\n')}\r\n`)
  const handout = await run('handout', out, '--from', list, '--only', NUMBERS.join())
  assert.is(handout.exitCode, 0, handout.stderr)
  assert.match(handout.stdout, '40 folders are made')
  const place = (i: number) => join(out, i === 0 ? 'Zoë-Müller' : i === 1 ? '=1+1' : `Student-${i}`)

  // Nothing that is not the student's is in the students' folders.
  const names = readdirSync(place(5), { recursive: true, encoding: 'utf8' })
  assert.equal(
    names.filter((file) => /solution|mistakes|variants|grader|examine|\.key$/.test(file)),
    [],
  )
  const variants = new Set(
    Array.from({ length: 40 }, (_, i) => readFileSync(join(place(i), 'variant.json'), 'utf8')),
  )
  assert.is(variants.size, 40)

  // Two do all of it. 0 has done it right; 1 has copied all of that, with the values; 2 only the programs.
  solve(place(0))
  assert.is((await run('values', place(0))).exitCode, 0)
  for (const i of [1, 2]) solve(place(i))
  cpSync(join(place(0), 'values.json'), join(place(1), 'values.json'))
  assert.is((await run('values', place(2))).exitCode, 0)
  // 3 has done half, 4 wrong, 5 loops, 6 waits, 7 does not compile, 8 links to another's, 9 has handed in no folder.
  solve(place(3), ['02-keys-from-a-key', '04-the-ticket'])
  const ticket = (i: number) => join(place(i), '04-the-ticket', 'ticket.ts')
  writeFileSync(
    ticket(4),
    `${solved('04-the-ticket', 'ticket.ts').replace('randomBytes(32)', 'new Uint8Array(32)')}\n`,
  )
  writeFileSync(
    ticket(5),
    'export function answerUserinfo() { for (;;); }\nexport const makeSenderinfo = answerUserinfo\n',
  )
  writeFileSync(ticket(6), 'export const answerUserinfo = () => new Promise(() => {})\n')
  writeFileSync(ticket(7), 'export function (\n')
  if (process.platform !== 'win32') {
    rmSync(ticket(8))
    symlinkSync(ticket(0), ticket(8))
  }
  rmSync(place(9), { recursive: true })
  // The others have done some exercises, each of them another part.
  for (let i = 10; i < 40; i++)
    solve(
      place(i),
      Object.keys(WRITTEN).filter((_, e) => (i >> e) & 1),
    )

  const file = join(folder, 'marks.csv')
  const collected = await run(
    'collect',
    out,
    '--marks',
    file,
    '--weights',
    '04=20,05=30',
    '--only',
    NUMBERS.join(),
    '--time-limit',
    '2',
  )
  assert.is(collected.exitCode, 0, collected.stdout + collected.stderr)

  const { students } = readMarks(join(folder, 'marks.json'))
  assert.equal(
    students.map(({ name }) => name),
    Array.from({ length: 40 }, (_, i) => name(i)),
  )
  const of = (i: number, number = '04') => students[i]?.exercises[number]
  for (const number of NUMBERS) {
    for (const i of [0, 1, 2]) assert.is(of(i, number)?.held, of(i, number)?.of, `${number} of ${i}`)
    assert.is(of(0, number)?.values, 'right', number)
    assert.is(of(1, number)?.values, 'copied', number)
    assert.is(of(1, number)?.valuesOf, name(0), number)
    assert.is(of(2, number)?.values, 'right', number)
  }
  assert.is(students[0]?.total, 80)
  assert.is(students[3]?.total, 30)
  assert.is(of(3, '05')?.state, 'not begun')
  assert.ok((of(4)?.held ?? 0) > 0 && (of(4)?.missing.length ?? 0) > 0)
  for (const [i, words] of [
    [5, /endless loop/],
    [6, /nothing happened|waited|promise/i],
    [7, /cannot be loaded/],
  ] as const) {
    assert.is(of(i)?.held, 0, `${i}`)
    assert.match(of(i)?.missing[0]?.problem ?? '', words)
  }
  if (process.platform !== 'win32') assert.is(of(8)?.state, 'refused')
  assert.is(of(9)?.state, 'not handed in')
  for (let i = 10; i < 40; i++) {
    const points = [10, 10, 10, 20, 30].reduce((sum, weight, e) => sum + ((i >> e) & 1 ? weight : 0), 0)
    assert.is(students[i]?.total, points, `student ${i}`)
  }

  // The table has the list's form and its columns, and nothing that a spreadsheet would compute.
  const csv = readFileSync(file, 'utf8')
  assert.match(csv, /^\ufeffmatriculation;name;note;.*;Total;Out of;Values\r\n/)
  const lines: string[][] = parse(csv, { delimiter: ';', bom: true })
  assert.equal(lines[1]?.slice(0, 3), ['1000', 'Zoë Müller', 'note 0'])
  assert.equal(lines[2]?.slice(0, 3), ['1001', "'=1+1", 'note 1'])
  assert.is(lines[3]?.[2], "'@SUM(A1)")
  assert.equal(lines[2]?.slice(-3, -1), ['80', '80'])
  assert.match(lines[2]?.at(-1) ?? '', /0 of 5 right, 01 Zoë Müller's, 02/)
  assert.equal(
    lines.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell)),
    [],
  )
})

classroom('what one student hands in keeps no other from being graded', async ({ folder }) => {
  const out = join(folder, 'out')
  const students = [
    'Anna',
    'Folder',
    'Object',
    'Deep',
    'Large',
    ...(process.platform === 'win32' ? [] : ['Pipe']),
  ]
  const list = write(join(folder, 'class.csv'), `name\n${students.join('\n')}\n`)
  await run('handout', out, '--from', list, '--only', '02')
  const place = (student: string) => join(out, student, '02-keys-from-a-key')
  const file = (student: string) => join(place(student), 'keys.ts')
  for (const student of ['Anna', 'Object', 'Deep']) solve(join(out, student), ['02-keys-from-a-key'])
  rmSync(file('Folder'))
  mkdirSync(file('Folder'))
  const object = { toString: null, valueOf: null }
  const values = (value: string) => `{"02": {"sessionId": ${value}, "ticketKey": ${value}}}`
  writeFileSync(join(out, 'Object', 'values.json'), values(JSON.stringify(object)))
  writeFileSync(join(out, 'Deep', 'values.json'), values(`${'['.repeat(15_000)}${']'.repeat(15_000)}`))
  writeFileSync(file('Large'), ' '.repeat(2 * 1024 * 1024))
  if (students.includes('Pipe')) {
    rmSync(file('Pipe'))
    assert.is(spawnSync('mkfifo', [file('Pipe')]).status, 0)
  }
  const marks = join(folder, 'marks.csv')
  const { exitCode, stderr } = await run('collect', out, '--marks', marks, '--only', '02')
  assert.is(exitCode, 0, stderr)
  const { students: marked } = readMarks(join(folder, 'marks.json'))
  const of = (student: string) => marked.find(({ name }) => name === student)?.exercises['02']
  for (const student of ['Anna', 'Object', 'Deep']) assert.is(of(student)?.held, of(student)?.of, student)
  assert.is(of('Object')?.values, 'wrong')
  assert.is(of('Deep')?.values, 'wrong')
  for (const student of students.filter((one) => ['Folder', 'Large', 'Pipe'].includes(one))) {
    assert.is(of(student)?.state, 'refused', student)
    assert.match(of(student)?.why ?? '', /^keys\.ts (?:is no file|has more than)/)
  }
})

classroom('handing out again adds who is new, with the same key', async ({ folder }) => {
  const out = join(folder, 'out')
  const list = write(join(folder, 'class.csv'), 'name\nAnna\nBen\n')
  await run('handout', out, '--from', list, '--only', '02,4')
  const key = readFileSync(join(out, '_course/course.key'), 'utf8')
  if (process.platform !== 'win32') assert.is(statSync(join(out, '_course/course.key')).mode & 0o77, 0)
  assert.equal(readdirSync(join(out, 'Anna')).sort(), [
    '02-keys-from-a-key',
    '04-the-ticket',
    'README.md',
    'values.json',
    'variant.json',
  ])
  const before = readFileSync(join(out, 'Anna/variant.json'), 'utf8')
  writeFileSync(join(out, 'Anna/values.json'), '{}')
  write(list, 'name\nAnna\nBen\nCarl\n')
  const { stdout } = await run('handout', out, '--from', list, '--only', '02')
  assert.match(stdout, /^1 folder is made .*\n2 were there already/)
  assert.is(readFileSync(join(out, '_course/course.key'), 'utf8'), key)
  assert.is(readFileSync(join(out, 'Anna/values.json'), 'utf8'), '{}')
  // Without the key none can be made again; with it, the same.
  rmSync(join(out, 'Anna'), { recursive: true })
  await run('handout', out, '--from', list, '--only', '02,04')
  assert.is(readFileSync(join(out, 'Anna/variant.json'), 'utf8'), before)
  rmSync(join(out, '_course/course.key'))
  rmSync(join(out, 'Anna'), { recursive: true })
  await run('handout', out, '--from', list, '--only', '02,04')
  assert.is.not(readFileSync(join(out, 'Anna/variant.json'), 'utf8'), before)
})

classroom('writes tables with the columns of Gradescope and Canvas', async ({ folder }) => {
  const out = join(folder, 'out')
  const list = write(
    join(folder, 'class.csv'),
    [
      'Student,ID,SIS User ID,SIS Login ID,Section',
      '    Points Possible,,,,',
      '"Miller, Anna",17,s17,anna,A',
      '"-Lee, Ben",18,s18,ben,B',
      '"Student, Test",19,,test,A',
      '',
    ].join('\n'),
  )
  const handout = await run('handout', out, '--from', list, '--column', 'SIS Login ID', '--only', '02')
  assert.match(handout.stdout, '2 folders are made')
  solve(join(out, 'anna'), ['02-keys-from-a-key'])
  const file = join(folder, 'marks.csv')
  const options = ['--marks', file, '--only', '02', '--weights', '02=5']
  assert.is((await run('collect', out, ...options, '--format', 'canvas')).exitCode, 0)
  const title = 'Exercise 02: keys from a key'
  assert.equal(readCsv(file), [
    {
      Student: '    Points Possible',
      ID: '',
      'SIS User ID': '',
      'SIS Login ID': '',
      Section: '',
      [title]: '5',
    },
    {
      Student: 'Miller, Anna',
      ID: '17',
      'SIS User ID': 's17',
      'SIS Login ID': 'anna',
      Section: 'A',
      [title]: '5',
    },
    {
      Student: "'-Lee, Ben",
      ID: '18',
      'SIS User ID': 's18',
      'SIS Login ID': 'ben',
      Section: 'B',
      [title]: '0',
    },
  ])
  assert.is((await run('collect', out, ...options, '--format', 'gradescope')).exitCode, 0)
  const [anna, ben] = readCsv(file)
  assert.equal(anna, {
    'First Name': 'Anna',
    'Last Name': 'Miller',
    SID: '17',
    Email: '',
    Sections: 'A',
    [title]: '5',
    [`${title} - Max Points`]: '5',
    'Total Score': '5',
    'Max Points': '5',
    Status: 'Graded',
  })
  assert.is(ben?.['Last Name'], "'-Lee")
})

classroom('shows which programs are alike, and which values are another’s', async ({ folder }) => {
  const out = join(folder, 'out')
  const students = ['Anna', 'Ben', 'Carl', 'Dora', 'Fritz', 'Gerd']
  const list = write(join(folder, 'class.csv'), `name\n${students.join('\n')}\n`)
  await run('handout', out, '--from', list, '--only', '04')
  const [own, ...variants] = ['byte-by-byte', 'one-draw', 'without-the-tools'].map((name) =>
    readFileSync(join(EXERCISES, '04-the-ticket/variants', `${name}.ts`), 'utf8').replaceAll(
      "'../given.ts'",
      "'./given.ts'",
    ),
  ) as [string, ...string[]]
  const hand = (student: string, code: string) =>
    writeFileSync(join(out, student, '04-the-ticket/ticket.ts'), code)
  hand('Anna', own)
  // The same with other names, without comments, in another form.
  const renamed = own
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*/g, '')
    .replace(
      /(?<![.\w])(token|salt|header|key|secret|content|reply|sealed)\b(?!['":])/g,
      (name) => `${name}OfMine`,
    )
    .replaceAll('\n', '\n\n')
  hand('Ben', renamed)
  for (const [i, student] of ['Carl', 'Dora'].entries()) hand(student, variants[i] ?? '')
  hand('Fritz', solved('04-the-ticket', 'ticket.ts'))
  assert.is((await run('values', join(out, 'Anna'))).exitCode, 0)
  cpSync(join(out, 'Anna/values.json'), join(out, 'Gerd/values.json'))
  const { stdout, exitCode } = await run('similar', out, '--only', '04')
  assert.is(exitCode, 0)
  assert.equal(
    stdout
      .split('\n')
      .filter((line) => line.startsWith('04'))
      .map((line) => line.replace(/\d+ %/, 'n %'))
      .sort(),
    [
      '04  Anna and Ben: n % alike',
      '04  Fritz and the solution: the same, to the letter',
      "04  Gerd: the values are Anna's",
    ],
  )
})

classroom('the bundle is all that one needs, beside Node', async ({ folder }) => {
  const { stdout, exitCode } = await run('bundle', folder)
  assert.is(exitCode, 0)
  const place = join(folder, 'elsewhere')
  mkdirSync(place)
  const unpacked = spawnSync('tar', ['-xf', stdout.trim(), '-C', place])
  assert.is(unpacked.status, 0, String(unpacked.stderr))
  const home = join(place, 'symbolon-exercises')
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' })
  assert.equal(
    names.filter((name) => /(?:solution|mistakes|variants)$/.test(name)),
    [],
  )
  // No PATH, no npm, no registry: Node alone, in that folder.
  const exercise = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'exercises/run.ts', ...args], {
      cwd: home,
      env: {
        ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }),
        TMPDIR: folder,
        TEMP: folder,
      },
      encoding: 'utf8',
    })
  const begun = exercise('04')
  assert.match(begun.stdout, /^work.04-the-ticket.ticket\.ts is yours now/m, begun.stderr)
  assert.is(begun.status, 1)
  const file = join(home, 'work/04-the-ticket/ticket.ts')
  writeFileSync(file, solved('04-the-ticket', 'ticket.ts'))
  const done = exercise('04')
  assert.is(done.status, 0, done.stdout + done.stderr)
  assert.match(done.stdout, /^(\d+) of \1 properties hold$/m)
})

const BAD: Readonly<Record<string, [csv: string, words: RegExp]>> = {
  'is empty': ['', /class\.csv is empty/],
  'has no header': ['Anna,1\nBen,2\n', /does not say which column names a student/],
  'has no students': ['name,note\n', /has no rows/],
  'names nobody': ['name,note\n,x\n', /names no student/],
  'has a name twice': ['name\nAnna\nBen\nanna\n', /lines 2 and 4 name the same student, 'anna'/],
  'has a path for a name': ['name\nAnna\n../../etc\n', /line 3: '\.\.\/\.\.\/etc' is no name but a path/],
  'has a path of Windows for a name': ['name\nC:\\Users\n', /line 2: .* is no name but a path/],
  'has a line break in a name': ['name\n"An\nna"\n', /line 2: 'An\?na' is no name but a path/],
  'has an open quote': ['name\n"Anna\n', /is not CSV: a quote is not closed/],
  'has a field too many': ['name\nAnna,1\n', /line 2: the number of fields is 2/],
}
for (const [what, [csv, words]] of Object.entries(BAD)) {
  classroom(`says what is wrong with a class list that ${what}, and makes no folder`, async ({ folder }) => {
    const list = write(join(folder, 'class.csv'), csv)
    const error = await makeCourse(join(folder, 'out'), list, {}).catch((thrown: unknown) => thrown)
    assert.instance(error, ToolError)
    assert.match((error as ToolError).message, words)
    assert.not.ok(existsSync(join(folder, 'out')))
  })
}

classroom('says how it is called', async ({ folder }) => {
  assert.match((await run('--help')).stdout, /^usage: npm run classroom/)
  for (const [args, words] of [
    [['dance', folder], /there is no 'dance'/],
    [['handout', folder], /--from is missing/],
    [['collect', folder], /--marks is missing/],
    [['collect', folder, '--marks', 'x.csv', '--format', 'excel'], /--format/],
    [['collect', folder, '--marks', 'x.csv', '--weights', '04=many'], /--weights: '04=many'/],
    [['collect', folder, '--marks', 'x.csv', '--only', '99'], /there is no exercise '99'/],
  ] as const) {
    const { exitCode, stderr } = await run(...args)
    assert.is(exitCode, 2, args.join(' '))
    assert.match(stderr, words)
  }
  const { exitCode, stderr } = await run('collect', folder, '--marks', join(folder, 'x.csv'))
  assert.is(exitCode, 1)
  assert.match(stderr.replace(/\s+/g, ' '), /there is no .*class\.csv/)
})

classroom.run()
