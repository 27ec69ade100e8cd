/** A terminal that changes its size under a conversation, and a conversation that is stopped and goes on. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inputRow } from '../../../src/cli/terminal/input-row.ts'
import { cellsIn } from '../../../src/cli/terminal/terminal.ts'
import { nodeCommand } from '../../helpers/program.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const test = suite('terminals that change')
const onTerminal = withTmux(test)

/** What may be typed: longer than any terminal here but the widest is wide, with characters of two cells and of none. */
const LINES = {
  ascii: 'the quick brown fox jumps over the lazy dog '.repeat(3).trimEnd(),
  cjk: '敏捷的棕色狐狸跳过懒狗'.repeat(6),
  emoji: 'a👩‍👩‍👧e\u0301😀'.repeat(12),
}

let terminals = 0

class Talk {
  readonly terminal: Terminal
  readonly #pid: number
  #said = 0

  private constructor(terminal: Terminal, pid: number) {
    this.terminal = terminal
    this.#pid = pid
  }

  static async start(columns: number): Promise<Talk> {
    const command = nodeCommand('test/helpers/programs/message-printer.ts')
    const terminal = new Terminal(`resize-${++terminals}`, command, process.env, ROOT)
    const pid = Number(/^process (\d+)$/m.exec(await terminal.shows(/^process \d+\n>$/m))?.[1])
    terminal.resize(columns, 24)
    return new Talk(terminal, pid)
  }

  /** Others say so much more. */
  hear(messages: number): void {
    for (let i = 0; i < messages; i++) {
      this.#said++
      process.kill(this.#pid, 'SIGUSR1')
    }
  }

  status(): void {
    process.kill(this.#pid, 'SIGUSR2')
  }

  /** All that was said is there, once each, in order; signals of one kind that come together may be one. */
  async hasAll(): Promise<void> {
    const shown = await this.terminal.shows(new RegExp(`^m${this.#said}\\.$`, 'm'), { all: true })
    const messages = shown.match(/^m\d+\.$/gm)
    assert.equal(
      messages,
      Array.from({ length: this.#said }, (_, i) => `m${i + 1}.`),
      shown,
    )
  }

  /** One more, seen. */
  async hearOne(): Promise<void> {
    this.hear(1)
    await this.terminal.shows(new RegExp(`^m${this.#said}\\.$`, 'm'), { all: true })
  }
}

for (const [name, line] of Object.entries(LINES)) {
  onTerminal(`lose no message beside an unsent line of ${name}, at any width`, async () => {
    const talk = await Talk.start(30)
    const { terminal } = talk
    try {
      for (let i = 0; i < 3; i++) await talk.hearOne()
      terminal.type(line)
      await talk.hearOne()
      for (const columns of [100, 30, 200, 8, 80, 9, 61, 60, 8, 200, 40]) {
        terminal.resize(columns, 24)
        // Before the program has heard of it, or after.
        await talk.hearOne()
        terminal.type('x')
        await talk.hearOne()
      }
      await talk.hasAll()
    } finally {
      terminal.close()
    }
  })
}

onTerminal('lose no message with the cursor in the middle, nor under a status', async () => {
  const talk = await Talk.start(30)
  const { terminal } = talk
  try {
    for (let i = 0; i < 3; i++) await talk.hearOne()
    talk.status()
    await terminal.shows(/^45 %$/m)
    terminal.resize(100, 24)
    terminal.resize(12, 24)
    await talk.hearOne()
    terminal.type(LINES.ascii)
    for (let i = 0; i < 40; i++) terminal.press('Left')
    await talk.hearOne()
    for (const columns of [100, 20, 130, 8, 30, 100]) {
      terminal.resize(columns, 24)
      terminal.type('y')
      await talk.hearOne()
    }
    await talk.hasAll()
    terminal.press('Enter')
    await terminal.shows(new RegExp(`^said ${LINES.ascii.length + 6}$`, 'm'))
  } finally {
    terminal.close()
  }
})

const SHELL_PROMPT = /[#$]$/m

/** A shell with job control, in which a program of ours runs. */
async function inShell(file: string, ...args: string[]): Promise<Terminal> {
  const terminal = new Terminal(
    `shell-${++terminals}`,
    'bash --norc --noprofile -i',
    { ...process.env, ENV: '' },
    ROOT,
  )
  await terminal.shows(SHELL_PROMPT)
  terminal.type([nodeCommand(file), ...args].join(' '))
  terminal.press('Enter')
  return terminal
}

for (const [how, stop] of [
  ['by Ctrl+Z', (terminal: Terminal) => terminal.press('C-z')],
  ['by a signal', (_: Terminal, pid: number) => process.kill(pid, 'SIGSTOP')],
] as const) {
  onTerminal(`go on where they were after they were stopped ${how}`, async () => {
    const terminal = await inShell('test/helpers/programs/message-printer.ts')
    try {
      const pid = Number(/^process (\d+)$/m.exec(await terminal.shows(/^process \d+\n>$/m))?.[1])
      terminal.type('half')
      await terminal.shows(/^> half$/m)
      stop(terminal, pid)
      await terminal.shows(/Stopped.*[#$]\n/s)
      terminal.type('fg')
      terminal.press('Enter')
      await terminal.shows(/\bfg\n.*\n> half\n*$/s)
      terminal.type(' and whole')
      await terminal.shows(/\n> half and whole\n*$/)
      terminal.press('Enter')
      const screen = await terminal.shows(/^said 14$/m)
      assert.is(screen.match(/and whole/g)?.length, 1, screen)
      process.kill(pid, 'SIGUSR1')
      await terminal.shows(/^m1\.\n>$/m)
    } finally {
      terminal.close()
    }
  })

  onTerminal(`do not show a password after they were stopped ${how}`, async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'symbolon-')), 'typed')
    const terminal = await inShell('test/helpers/programs/password-prompter.ts', file)
    try {
      const pid = Number(/^process (\d+)$/m.exec(await terminal.shows(/^process \d+\npassword:$/m))?.[1])
      terminal.type('correct')
      await holds(file, 'correct'.length)
      stop(terminal, pid)
      await terminal.shows(/Stopped.*[#$]\n/s)
      terminal.type('fg')
      terminal.press('Enter')
      await terminal.shows(/fg\n.*password:\s*$/s)
      terminal.type(' horse')
      terminal.press('Enter')
      const screen = await terminal.shows(/^13 characters$/m)
      assert.not.match(screen, /correct|horse/)
    } finally {
      terminal.close()
      rmSync(dirname(file), { recursive: true })
    }
  })
}

/** Waits until so many bytes have come, as the program writes it down. */
async function holds(file: string, bytes: number): Promise<void> {
  const late = AbortSignal.timeout(30_000)
  while (!existsSync(file) || readFileSync(file, 'utf8') !== String(bytes)) {
    late.throwIfAborted()
    await new Promise(setImmediate)
  }
}

test('what does not fit on a row is scrolled out of sight, never what the cursor is at', () => {
  const text = 'the quick brown fox jumps over the lazy dog'
  assert.equal(inputRow('> ', 'hi', 2, 80), { before: '> hi', after: '' })
  assert.equal(inputRow('> ', 'hi', 0, 80), { before: '> ', after: 'hi' })
  assert.equal(inputRow('> ', text, text.length, 20), { before: '> <ver the lazy dog', after: '' })
  assert.equal(inputRow('> ', text, 0, 20), { before: '> ', after: 'the quick brown >' })
  for (const line of Object.values(LINES)) {
    for (const columns of [8, 9, 10, 20, 80, 200]) {
      for (let cursor = 0; cursor <= line.length; cursor++) {
        const { before, after } = inputRow('> ', line, cursor, columns)
        assert.ok(cellsIn(before + after) < columns, `${columns} ${cursor}: ${before}|${after}`)
        if (cursor < line.length) assert.ok(after.length > 0, `${columns} ${cursor}: ${before}|`)
      }
    }
  }
  // What is pasted is no order to the terminal.
  assert.equal(inputRow('> ', '\x9b2J', 4, 80), { before: '> \\x9b2J', after: '' })
})

test.run()
