/**
 * Alice is a command: it logs in at a KDC of the class, asks for bob, and is sent to wherever the grader wants her.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { systemClock, toBase64url } from 'symbolon/protocol'
import type { Alice, Ending } from '../05-the-message/alice.ts'
import type { Invitation } from '../05-the-message/given.ts'
import { type Asked, startClassKdc } from '../class-kdc.ts'
import { Missing } from '../examiner/property.ts'
import type { Command, Ran } from './command.ts'

const TICKET_LIFETIME_SEC = 300
const AT_ONCE = 4

export interface CommandOptions {
  /** For one conversation, silences not counted. */
  readonly timeLimitSec: number
  /** How long an hour of silence takes. */
  readonly silenceSec: number
}

/** What one run asked of the KDC, and what it was given. */
export interface Run {
  readonly port: number
  readonly asked: readonly Asked[]
  /** What it may not print: the password, and its tokens. */
  readonly secrets: readonly string[]
}

/** What is wrong at the KDC. */
export interface Trouble {
  readonly password?: string
  readonly isBobAway?: boolean
}

/** A command that sends. */
export class CommandedAlice implements Alice {
  readonly runs: Run[] = []
  // Where the machine has more than one address, the one that the KDC names is not the one that a program guesses.
  readonly address: string = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
  readonly patienceSec: number
  readonly atOnce = AT_ONCE
  readonly isSlow = true
  readonly #command: Command
  readonly #silenceSec: number
  #printed = ''

  constructor(command: Command, { timeLimitSec, silenceSec }: CommandOptions) {
    this.#command = command
    this.#silenceSec = silenceSec
    this.patienceSec = timeLimitSec + silenceSec
  }

  get printed(): string {
    return this.#printed
  }

  async send(port: number, to: Invitation, text: string, trouble: Trouble = {}): Promise<Ending> {
    const password = toBase64url(randomBytes(9))
    const asked: Asked[] = []
    const reply = () => ({
      ip_addr: this.address,
      port,
      secret: to.secret.toText(),
      senderinfo: toBase64url(to.ticket),
      expires_at: systemClock() + TICKET_LIFETIME_SEC,
      time: systemClock(),
    })
    const kdc = await startClassKdc(reply, {
      passwords: new Map([['alice', trouble.password ?? password]]),
      hears: (request) => asked.push(request),
    })
    if (!trouble.isBobAway) kdc.listens('bob', this.address, port)
    try {
      const { ended } = this.#command.run([kdc.url, 'alice', 'bob'], { SYMBOLON_PASSWORD: password }, text)
      const ran = await ended
      const tokens = asked.map(({ fields }) => fields.token).filter((token) => typeof token === 'string')
      this.runs.push({ port, asked, secrets: [password, ...tokens] })
      this.#printed += `${ran.stdout}\n${ran.stderr}\n`
      return ending(ran)
    } finally {
      kdc.close()
    }
  }

  wait(seconds: number): Promise<void> {
    const ms = 1000 * Math.min(seconds, this.#silenceSec)
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  async beat(): Promise<void> {}

  restart(): Promise<void> {
    return this.#command.endAll()
  }
}

/** @throws Missing when the run shows nothing but that the command is of no use. */
function ending({ status, signal, stderr, printsWithoutEnd, notStarted }: Ran): Ending {
  if (notStarted !== undefined) throw new Missing(`the command cannot be started: ${notStarted}.`, 'stopped')
  if (printsWithoutEnd) {
    throw new Missing('it prints without end: what it printed is more than 4 Mi characters.', 'stopped')
  }
  if (status === 0) return { result: 'resolved', why: '', isError: true, told: '' }
  const lines = stderr.trim().split('\n')
  const last = lines.at(-1) ?? ''
  const how = signal === null ? `the command ended with status ${status}` : `${signal} ended the command`
  return {
    result: 'rejected',
    why: last === '' ? `${how}, and it said nothing.` : `${how}: ${last}`,
    isError: signal === null && last !== '' && !isCrash(lines),
    told: stderr,
  }
}

/** Whether these lines are what an interpreter prints, and not what a program says. */
function isCrash(lines: readonly string[]): boolean {
  return lines.some((line) => {
    return /^Traceback \(most recent call last\)|^\s+at .+:\d+:\d+\)?$|^panic: |^thread '.*' .*panicked/.test(
      line,
    )
  })
}
