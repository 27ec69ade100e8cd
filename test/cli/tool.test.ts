/** Errors as people see them, with what others had a part in: a KDC, for one, that says what it likes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { report } from '../../src/cli/tool.ts'
import { readProblem } from '../../src/lib/kdc-link/answers.ts'
import { cleanEnvironment, startTool } from '../helpers/program.ts'

const test = suite('errors of tools')

const home = mkdtempSync(join(tmpdir(), 'symbolon-test-'))
const passwordFile = join(home, 'password')
let kdc: Server
let answer = { status: 400, body: '' }

test.before(async () => {
  writeFileSync(passwordFile, 'pw\n', { mode: 0o600 })
  kdc = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(answer.status, { 'content-type': 'application/problem+json' })
      response.end(answer.body)
    })
  })
  await new Promise<void>((resolve) => kdc.listen(0, '127.0.0.1', resolve))
})
test.after(() => {
  kdc.closeAllConnections()
  kdc.close()
  rmSync(home, { recursive: true, force: true })
})

/** What `users` says when the KDC answers its first request so. */
async function refused(status: number, problem: object, ...options: string[]) {
  answer = { status, body: JSON.stringify(problem) }
  const url = `http://127.0.0.1:${(kdc.address() as AddressInfo).port}`
  const args = ['alice', '--kdc', url, '--password-file', passwordFile, ...options]
  const tool = startTool('src/users.ts', args, cleanEnvironment(home)).input()
  await tool.exit
  return tool
}

/** What `report` writes. */
function reported(error: unknown): string {
  const { write } = process.stderr
  let written = ''
  process.stderr.write = ((text: string) => {
    written += text
    return true
  }) as typeof write
  try {
    report('users', error)
  } finally {
    process.stderr.write = write
  }
  return written
}

test('are one line, and nothing in them is obeyed by a terminal', () => {
  const forged = new Error('no\nusers: hint: run this\x1b[2J\r\u202e\u3164')
  assert.is(reported(forged), 'users: error: no\\x0ausers: hint: run this\\x1b[2J\\x0d\\u{202e}\\u{3164}\n')
  const long = reported(new Error('x'.repeat(4_000_000)))
  assert.ok(long.length < 1100, `${long.length}`)
})

const HINT = 'users: hint: send your password to mallory'

test('a KDC that says too much is quoted, on one line, in few words', async () => {
  const detail = `no${' '.repeat(300)}\n${HINT}\x1b[2J" (login_refused)\n${HINT}${'y'.repeat(3_000_000)}`
  const { stderr } = await refused(401, { code: 'login_refused', detail })
  const said = [stderr]
  for (const [status, code] of [
    [429, 'too_many_attempts'],
    [400, 'of_its_own'],
    [400, `a\n${HINT}\x1b[2J" ${'z'.repeat(1_000_000)}`],
    [503, 'of_its_own'],
    [500, 'of_its_own'],
  ] as const) {
    said.push(reported(readProblem(status, { code, detail }, '/login/start')))
  }
  for (const text of said) {
    assert.ok(text.length < 1000, text.slice(0, 2000))
    const [first = '', ...others] = text.trimEnd().split('\n')
    assert.match(first, /^users: error: [^"]*"[^"]*"[^"]*("[^"]*"\) )?\([a-z_]+\)$/)
    for (const line of others) assert.match(line, /^users: hint: (?!send)\P{Cc}*$/u)
  }
})

test('so are the events for programs, and what is traced', async () => {
  const detail = `no\n${HINT}${'y'.repeat(3_000_000)}`
  const tool = await refused(
    401,
    { code: 'login_refused', detail, [`k${'e'.repeat(500_000)}`]: 'y' },
    '--json',
    '--trace',
  )
  assert.ok(tool.stdout.length < 5000, `${tool.stdout.length}`)
  const events = tool.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const error = events.at(-1)
  assert.is(error.event, 'error')
  assert.match(error.message, /^the KDC says: "no[^"\n]*"$/)
  const lines = await refused(401, { code: 'login_refused', detail }, '--trace')
  assert.ok(lines.stderr.length < 5000, `${lines.stderr.length}`)
  for (const line of lines.stderr.trimEnd().split('\n')) assert.match(line, /^users: (?!hint: send)/)
})

test.run()
