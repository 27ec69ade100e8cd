/**
 * All five messages, one after the other, in one program: messages 1 to 3 as given, 4 and 5 as you wrote them. Run it
 * with `npm run exercise -- talk`; with `--solution` it takes the solutions instead.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import * as net from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listen, type TraceEvent, Wire } from 'symbolon/protocol'
import type { AnswerUserinfo } from './04-the-ticket/given.ts'
import type { SendMessage } from './05-the-message/given.ts'
import { startClassKdc } from './class-kdc.ts'
import { SeedClient } from './seed-client.ts'

const TEXT = 'at nine, by the fountain'
// Of the tool: how long nothing may happen, and where the student works, or nothing for the solutions.
const [patienceSec = '20', work] = process.argv.slice(2)
const NUMBERS = new Map([
  ['login', '1'],
  ['token', '2'],
  ['userinfo', '3'],
  ['answer', '4'],
  ['ticket', '5'],
])

// Whoever reads may stop (`| head`).
process.stdout.on('error', () => process.exit(1))

const say = (line: string) => process.stdout.write(`${line}\n`)

function show({ name, from, to, by, fields }: TraceEvent): void {
  const number = NUMBERS.get(name) ?? ' '
  say(` ${number}  ${`${from} -> ${to}`.padEnd(14)}  ${name} (${by})`)
  for (const [field, value] of Object.entries(fields)) say(`        ${field.padEnd(11)} ${value}`)
}

/** What the student wrote, or the stub, which says what is to be written. */
async function student<F>(folder: string, file: string, name: string): Promise<F> {
  const own =
    work === undefined ? join(import.meta.dirname, folder, 'solution', file) : join(work, folder, file)
  const stub = join(import.meta.dirname, folder, file)
  return (await import(pathToFileURL(existsSync(own) ? own : stub).href))[name]
}

async function talk(): Promise<void> {
  const answerUserinfo = await student<AnswerUserinfo>('04-the-ticket', 'ticket.ts', 'answerUserinfo')
  const sendMessage = await student<SendMessage>('05-the-message', 'message.ts', 'sendMessage')

  const kdc = await startClassKdc(answerUserinfo)
  const bob = await SeedClient.login(kdc.url, 'bob', 'bob')
  const listener = await listen({
    username: 'bob',
    token: bob.token,
    trace: show,
    onRefused: ({ error }) => say(`    bob refuses: ${error.message} (${error.code})`),
    onChannel: async (channel) => {
      for await (const { text } of channel) say(`\n    bob reads   ${channel.peer.username}: ${text}\n`)
    },
  })
  await bob.announce(listener.address.port)
  say('bob has logged in and listens. Now alice:\n')

  const alice = await SeedClient.login(kdc.url, 'alice', 'alice', show)
  const { address, port, ticket, secret } = await alice.userinfo('bob')
  const socket = net.connect({ host: address, port, allowHalfOpen: true, noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  await sendMessage(new Wire(socket), { ticket, secret }, TEXT)
  say('\nAlice knows that bob has read it. All five messages work.')
}

setTimeout(() => {
  say(`\nNothing more came in ${patienceSec} s: somebody is waiting for somebody.`)
  process.exit(1)
}, 1000 * Number(patienceSec))

talk().then(
  () => process.exit(0),
  (error: unknown) => {
    say(`\nThat is how far it goes: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  },
)
