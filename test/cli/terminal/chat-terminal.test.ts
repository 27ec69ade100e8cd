/** The tools on a real terminal. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeCommand } from '../../helpers/program.ts'
import { LISTENING, PASSWORD, Realm } from '../../helpers/realm.ts'
import { Terminal, withTmux } from '../../helpers/tmux.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const test = suite('conversation')
const onTerminal = withTmux(test)

/** Runs the tool, then shows its exit status, so that the screen tells when it has ended. */
function open(realm: Realm, name: string, command: string): Terminal {
  const script = join(realm.home, `${name}.sh`)
  writeFileSync(script, `${nodeCommand(command)} --kdc ${realm.url}\necho "exit status $?"\nread -r _\n`)
  return new Terminal(name, `sh ${script}`, realm.env, ROOT)
}

onTerminal('what does not come on the screen is said, with the screen', async () => {
  const waiting = new Terminal('waiting', 'echo something else; read -r _', process.env, ROOT)
  try {
    await waiting.shows(/something else/)
    const error = await waiting.shows(/never shown/, { limitMs: 1 }).catch((caught: Error) => caught)
    assert.match(String(error), /does not show \/never shown\/ within .* last:\nsomething else/)
    waiting.press('Enter')
    const ended = await waiting.shows(/never shown/).catch((caught: Error) => caught)
    assert.match(String(ended), /has ended without \/never shown\//)
  } finally {
    waiting.close()
  }
})

onTerminal('asks for the password without showing it, and takes corrections', async () => {
  const realm = await Realm.start('alice', 'bob')
  const alice = open(realm, 'alice', 'src/sender.ts alice bob hi')
  try {
    await alice.shows(/password for alice:/)
    alice.type('mistake')
    alice.press('C-u')
    alice.type(`${PASSWORD}x`)
    alice.press('BSpace')
    alice.press('Enter')
    const screen = await alice.shows(/exit status/)
    // The password was right: what is missing is bob.
    assert.match(screen, /receiver_offline/)
    assert.match(screen, /exit status 3/)
    assert.not.match(screen, /correct|mistake/)
  } finally {
    alice.close()
    await realm.close()
  }
})

onTerminal(
  'two people talk, each seeing what the other types, and what is typed survives what comes in',
  async () => {
    const realm = await Realm.start('alice', 'bob')
    realm.env.SYMBOLON_PASSWORD = PASSWORD
    const bob = open(realm, 'bob', 'src/receiver.ts bob')
    const terminals = [bob]
    try {
      await bob.shows(LISTENING)
      const alice = open(realm, 'alice', 'src/sender.ts alice bob')
      terminals.push(alice)
      await alice.shows(/talking with bob/)
      alice.type('hello bob')
      alice.press('Enter')
      await bob.shows(/^alice: hello bob$/m)
      // Alice is typing when bob's answer comes in.
      alice.type('half a sen')
      await alice.shows(/^> half a sen$/m)
      bob.type('hello alice')
      bob.press('Enter')
      const screen = await alice.shows(/^bob: hello alice\n> half a sen$/m)
      assert.match(screen, /^> hello bob$/m, 'what was typed before stays')
      alice.type('tence')
      alice.press('Enter')
      await bob.shows(/^alice: half a sentence$/m)
      alice.press('C-d')
      const left = await alice.shows(/exit status/)
      assert.match(left, /exit status 0/)
      assert.not.match(left, /has left/, 'she left, not he')
      await bob.shows(/alice has left/)
      bob.type('too late')
      bob.press('Enter')
      await bob.shows(/nobody is connected now/)
      bob.press('C-c')
      assert.match(await bob.shows(/exit status/), /exit status 0/)
    } finally {
      for (const terminal of terminals) terminal.close()
      await realm.close()
    }
  },
)

onTerminal('nothing is in doubt when the other one dies and all that was said had arrived', async () => {
  const realm = await Realm.start('alice', 'bob')
  realm.env.SYMBOLON_PASSWORD = PASSWORD
  const bob = await realm.receiver('bob')
  const alice = open(realm, 'alice', 'src/sender.ts alice bob')
  try {
    await alice.shows(/talking with bob/)
    alice.type('hello bob')
    alice.press('Enter')
    await bob.says('stdout', /^alice: hello bob$/m)
    // Typed, and not sent: it is no doubt either.
    alice.type('half a sen')
    await alice.shows(/^> half a sen$/m)
    await bob.stop('SIGKILL')
    const screen = await alice.shows(/exit status/)
    assert.match(screen, /bob is gone, without a word.*\(channel_truncated\)/s)
    assert.match(screen, /hint: all that you had sent has arrived/)
    assert.match(screen, /exit status 3/)
    assert.not.match(screen, /may or may not/)
  } finally {
    alice.close()
    await realm.close()
  }
})

onTerminal('Ctrl+C at the password ends the tool and gives the terminal back', async () => {
  const realm = await Realm.start('alice')
  const alice = open(realm, 'alice', 'src/receiver.ts alice')
  try {
    await alice.shows(/password for alice:/)
    alice.press('C-c')
    assert.match(await alice.shows(/exit status/), /cancelled[\s\S]*exit status 1/)
  } finally {
    alice.close()
    await realm.close()
  }
})

test.run()
