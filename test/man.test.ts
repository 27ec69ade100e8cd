/** The manual page: all that the help says, in a form that formatters take. */
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { manPage } from '../build/man.ts'
import { needs, runs } from './helpers/needs.ts'
import { cleanEnvironment, startTool } from './helpers/program.ts'

const test = suite('manual page')

const MAIN = `usage: symbolon COMMAND [...]

Messages between people.

  send  a message
`

const helpOf = async (file: string) =>
  (await startTool(file, ['--help'], cleanEnvironment(tmpdir())).ends(0)).stdout

async function page(): Promise<string> {
  const files = { send: 'src/sender.ts', group: 'src/group.ts', kdc: 'src/kdc/main.ts' }
  const texts = await Promise.all(
    Object.entries(files).map(async ([name, file]) => [name, await helpOf(file)]),
  )
  return manPage(MAIN, Object.fromEntries(texts), '1.2.3')
}

test('nothing in a help is taken for a request, or for a hyphen that is not typed', () => {
  const help = `usage: symbolon x

.SH not a section
'nor this

  --an-option FILE  back\\slash
                    .and more
                    'and this

example: symbolon x -y
`
  const made = manPage(MAIN, { x: help }, '1.2.3').split('\n')
  assert.ok(made.includes("\\&.SH not a section 'nor this"))
  assert.ok(made.includes('.B \\-\\-an\\-option FILE'))
  assert.ok(made.includes('back\\eslash'))
  assert.ok(made.includes('\\&.and more'))
  assert.ok(made.includes("\\&'and this"))
  assert.ok(made.includes('example: symbolon x \\-y'))
  assert.is(made[0], '.TH SYMBOLON 1 "" "symbolon 1.2.3" "User Commands"')
  // What `apropos` lists.
  assert.is(made[made.indexOf('.SH NAME') + 1], 'symbolon \\- messages between people')
  assert.ok(made.includes('.SS symbolon x'))
  const lines = (request: string) => made.filter((line) => line === request).length
  assert.is(lines('.fi'), lines('.nf'), 'what is not filled has an end')
})

test('the synopsis is without its label, and exit status and example begin lines of their own', () => {
  const help = 'usage: symbolon x\n\nDoes it.\nexit status: 0 done,\n1 failed\nexample: symbolon x\n'
  const made = manPage(`${MAIN}\nexit status: 0 done\nexample: symbolon send\n`, { x: help }, '1.2.3').split(
    '\n',
  )
  assert.is(made[made.indexOf('.SH SYNOPSIS') + 3], 'symbolon COMMAND [...]')
  for (const line of ['Does it.', 'exit status: 0 done, 1 failed', 'example: symbolon x']) {
    assert.ok(made.includes(line), line)
  }
  for (const line of ['exit status: 0 done', 'example: symbolon send']) assert.ok(made.includes(line), line)
})

test('a usage of several lines is a synopsis of as many, from the edge', () => {
  const made = manPage('usage: symbolon COMMAND\n       symbolon help\n\nMessages.\n', {}, '1.2.3').split(
    '\n',
  )
  const begin = made.indexOf('.SH SYNOPSIS') + 1
  assert.equal(made.slice(begin, begin + 5), ['.PP', '.nf', 'symbolon COMMAND', 'symbolon help', '.fi'])
})

test('every option of a help is in it', async () => {
  const text = (await page()).replaceAll('\\-', '-')
  for (const file of ['src/sender.ts', 'src/group.ts']) {
    for (const [option] of (await helpOf(file)).matchAll(/--[a-z-]+/g))
      assert.ok(text.includes(option), option)
  }
})

needs('groff', () => runs('groff', '--version'), 'apt-get install groff')(test)(
  'groff has nothing to say',
  async () => {
    const { stdout, stderr } = spawnSync('groff', ['-man', '-Tascii', '-ww'], {
      input: await page(),
      encoding: 'utf8',
    })
    assert.is(stderr, '')
    assert.match(stdout, 'symbolon 1.2.3')
  },
)

needs('mandoc', () => runs('sh', '-c', 'command -v mandoc'), 'apt-get install mandoc')(test)(
  'nor has mandoc, of errors',
  async () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'error'], {
      input: await page(),
      encoding: 'utf8',
    })
    assert.is(stdout, '')
  },
)

test.run()
