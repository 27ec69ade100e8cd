/** Questions beside a conversation, on a real terminal. */

import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askerFrom, saysYes } from '../../../src/cli/terminal/ask.ts'
import { nodeCommand } from '../../helpers/program.ts'
import { throws } from '../../helpers/throws.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const ask = suite('questions')
const onTerminal = withTmux(ask)

ask('are answered by yes, no or nothing, and by no other line', () => {
  for (const line of ['y', 'Y', 'yes', ' YES ']) assert.is(saysYes(line), true, line)
  for (const line of ['', ' ', 'n', ' NO']) assert.is(saysYes(line), false, line)
  for (const line of ['ye', 'maybe', 'yes I agree', 'y y', 'ja', 'not now']) {
    assert.is(saysYes(line), undefined, line)
  }
})

ask('need a person to answer, and something to save', () => {
  const none = { conversation: undefined }
  assert.is(askerFrom({}, none), undefined)
  throws(() => askerFrom({ ask: true }, none), 'usage')
  throws(() => askerFrom({ ask: true, output: 'x', json: true }, none), 'usage')
  // The tests have no terminal, or are not to wait for the person who sits there.
  if (!process.stdin.isTTY) throws(() => askerFrom({ ask: true, output: 'x' }, none), 'usage')
})

let terminals = 0

/** Runs what a test tells by signals. */
async function asker(): Promise<{ terminal: Terminal; tell: (signal: NodeJS.Signals) => void }> {
  const command = nodeCommand('test/helpers/programs/question-asker.ts')
  const terminal = new Terminal(`ask-${++terminals}`, command, process.env, ROOT)
  const screen = await terminal.shows(/^process \d+\n>$/m)
  const pid = Number(/^process (\d+)$/m.exec(screen)?.[1])
  return { terminal, tell: (signal) => void process.kill(pid, signal) }
}

onTerminal('take the place of the prompt, one at a time, and give it back', async () => {
  const { terminal, tell } = await asker()
  try {
    tell('SIGUSR1')
    await terminal.shows(/^asks 1\nquestion 1\?$/m)
    tell('SIGUSR1')
    await terminal.shows(/^asks 2\nquestion 1\?$/m)
    terminal.type('y')
    terminal.press('Enter')
    await terminal.shows(/^question 1\? y\nanswer 1: y\.\nquestion 2\?$/m)
    terminal.press('Enter')
    await terminal.shows(/^answer 2: \.\n>$/m)
    terminal.type('hello')
    terminal.press('Enter')
    await terminal.shows(/^said: hello\n>$/m)
  } finally {
    terminal.close()
  }
})

onTerminal('wait until the line that is being typed is sent, which is never an answer', async () => {
  const { terminal, tell } = await asker()
  try {
    terminal.type('hell')
    await terminal.shows(/^> hell$/m)
    tell('SIGUSR1')
    await terminal.shows(/^asks 1\nquestion 1\? {2}\(once your line is sent\)\n> hell$/m)
    terminal.type('o')
    terminal.press('Enter')
    await terminal.shows(/^said: hello\nquestion 1\?$/m)
    terminal.type('yes')
    terminal.press('Enter')
    await terminal.shows(/^answer 1: yes\.\n>$/m)
  } finally {
    terminal.close()
  }
})

onTerminal('are taken back, with what was typed of the answer', async () => {
  const { terminal, tell } = await asker()
  try {
    tell('SIGUSR1')
    await terminal.shows(/^question 1\?$/m)
    terminal.type('ye')
    await terminal.shows(/^question 1\? ye$/m)
    tell('SIGHUP')
    await terminal.shows(/^answer 1: \.\n>$/m)
    terminal.type('hi')
    terminal.press('Enter')
    await terminal.shows(/^said: hi\n>$/m)
  } finally {
    terminal.close()
  }
})

onTerminal('are seen as a whole without a conversation, and answered, or taken back', async () => {
  const command = `${nodeCommand('test/helpers/programs/alone-asker.ts')}; read -r _`
  const terminal = new Terminal(`ask-${++terminals}`, command, process.env, ROOT)
  try {
    const screen = await terminal.shows(/Save them\? \[y\/N\]$/m)
    const pid = Number(/^process (\d+)$/m.exec(screen)?.[1])
    // Each row but the first begins with a mark; spaces at the end of one are not shown.
    const text = screen.replaceAll(/\n {3}\| |\s/g, '')
    assert.match(
      text,
      /alicewantstosenda-very-long-.*-on\.pdfand12more\(13files,1\.2GB\)\.Savethem\?\[y\/N\]$/,
    )
    terminal.resize(200, 24)
    terminal.type('ye')
    await terminal.shows(/\[y\/N\] ye$/m)
    terminal.resize(30, 24)
    terminal.type('s')
    terminal.press('Enter')
    await terminal.shows(/^answer: true$[\s\S]*^Save it\? \[y\/N\]$/m)
    terminal.type('maybe, or maybe not')
    await terminal.shows(/^Save it\? \[y\/N\] <.*maybe not$/m)
    terminal.resize(80, 24)
    await terminal.shows(/^Save it\? \[y\/N\] maybe, or maybe not$/m)
    terminal.press('Enter')
    await terminal.shows(/^Save it\? \[y\/N\] maybe, or maybe not\nneither yes nor no: Save it\? \[y\/N\]$/m)
    terminal.type('y')
    await terminal.shows(/^neither yes nor no: Save it\? \[y\/N\] y$/m)
    process.kill(pid, 'SIGHUP')
    await terminal.shows(/^answer: false$[\s\S]*^Really\? \[y\/N\]$/m)
    assert.match(terminal.screen({ all: true }), /^process \d+$/m, 'what was there before stays')
    terminal.press('Enter')
    await terminal.shows(/^answer: false$[\s\S]*^answer: false$/m)
  } finally {
    terminal.close()
  }
})

onTerminal('and how far something is gives way to what is typed', async () => {
  const { terminal, tell } = await asker()
  try {
    tell('SIGUSR2')
    await terminal.shows(/^status 1\n45 %$/m)
    terminal.type('hi')
    await terminal.shows(/^status 1\n> hi$/m)
    tell('SIGUSR2')
    await terminal.shows(/^status 2\n> hi$/m)
    terminal.type('!')
    await terminal.shows(/^status 2\n> hi!$/m)
    terminal.press('Enter')
    await terminal.shows(/^said: hi!\n>$/m)
    tell('SIGUSR2')
    await terminal.shows(/^status 3\n45 %$/m)
    tell('SIGUSR1')
    await terminal.shows(/^asks 1\nquestion 1\?$/m)
  } finally {
    terminal.close()
  }
})

ask.run()
