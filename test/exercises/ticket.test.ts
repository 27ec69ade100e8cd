/** Exercise 04: what does not hold is attacked, and a student hears what came of it. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MISTAKES = join(ROOT, 'exercises/04-the-ticket/mistakes')
const TEXT = 'Bob reads "carol: leave the door open tonight"'

/** What the attack brings, for each mistake. */
const LOOT: Readonly<Record<string, RegExp>> = {
  'senders-token': /alice has opened her ticket and read it/,
  'salt-as-key': /mallory, who has no key, has read the ticket: it is from alice, and the secret is \S{43}$/,
  'not-encrypted': /mallory, who has no key, has read it: \{"username":"alice"/,
  'token-in-the-header': /half of bob's token, read from the ticket: [0-9a-f]{32}$/,
  'token-as-key': /with no key at all alice has just computed the secret in carol's ticket: \S{43}$/,
  'fixed-salt': /with no key at all alice has just computed the secret in carol's ticket/,
  'counting-salt': /with no key at all alice has just computed the secret in carol's ticket/,
  'salt-for-each-pair': /bob has refused her second ticket \(ticket_replayed\)/,
  'no-aad': /the version was made 3 on the way, and what is sealed opened all the same/,
  'good-for-years': /a year later a thief has called bob .* Bob reads "alice: leave the door open tonight"/,
  'same-secret': /used the secret of a conversation of her own, and called bob with it/,
  'secret-kept-for-each-pair': /used the secret of an earlier conversation, and called bob with it/,
  'secret-is-the-salt': /read the salt in it, and called bob with it/,
  'secret-of-the-salt': /computed the secret with your program and the salt in the ticket, and called bob/,
  'secret-is-the-ticket-key': /alice has written a ticket that says carol/,
  'secret-is-the-token': /bob knows now: \S{43}$/,
  'secret-of-one-byte': /tried all secrets there are, and called bob with it/,
  'secret-of-two-bytes': /tried all secrets there are, and called bob with it/,
  'sends-the-token': /with the token from the answer, alice has written a ticket that says carol/,
  'key-of-the-ticket-in-the-answer': /with the key of her ticket, alice has written a ticket that says carol/,
  'senders-token-in-the-ticket': /bob has read alice's token: \S{43}$/,
  'seventh-field': /alice has read "bob"/,
  'prints-the-token': /read from the log: \S{43}$/,
}
/** Those after which bob takes mallory, or alice, for carol. */
const CALLED = /called bob with it|written a ticket that says carol/

async function graded(): Promise<Map<string, string>> {
  const files = Object.keys(LOOT).map((name) => join(MISTAKES, `${name}.ts`))
  const options = ['04', '--json', '--first', '--time-limit', '60']
  const child = spawn(process.execPath, ['--import', 'tsx', 'exercises/run.ts', ...options, ...files], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  await new Promise((resolve) => child.once('close', resolve))
  const lines = text.trim().split('\n')
  return new Map(lines.map((line, i) => [files[i] ?? '', JSON.parse(line).findings.at(-1).loot ?? '']))
}

const outcome = graded()
outcome.catch(() => {})

const ticket = suite('what a mistake of 04 is good for')

for (const [name, loot] of Object.entries(LOOT)) {
  ticket(name, async () => {
    const told = (await outcome).get(join(MISTAKES, `${name}.ts`)) ?? ''
    assert.match(told, loot)
    if (CALLED.test(told)) assert.match(told, TEXT)
  })
}

ticket.run()
