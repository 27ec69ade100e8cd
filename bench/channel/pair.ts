/**
 * Alice and bob of one kind, two processes that have nothing else to do.
 *
 * @module
 */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { bundled, start } from '../processes.ts'
import type { KindName, Memory, Question } from './process.ts'
import type { Task } from './tasks.ts'

/** What one run of a task gave. */
export interface Outcome {
  /** As `Alice.run` says. */
  readonly value: number
  /** Microseconds of processor time of the whole run. */
  readonly alice: number
  readonly bob: number
}

export class Pair {
  readonly #bob: ChildProcess
  readonly #alice: ChildProcess

  private constructor(bob: ChildProcess, alice: ChildProcess) {
    this.#bob = bob
    this.#alice = alice
  }

  static async start(kind: KindName): Promise<Pair> {
    const bob = begin('bob', kind)
    const address = await heard(bob, kind)
    const alice = begin('alice', kind, JSON.stringify(address))
    await heard(alice, kind)
    return new Pair(bob, alice)
  }

  async run(task: Task): Promise<Outcome> {
    await ask(this.#bob, { expect: task })
    const [bob, alice] = [await cpu(this.#bob), await cpu(this.#alice)]
    const value = (await ask(this.#alice, { run: task })) as number
    return { value, bob: (await cpu(this.#bob)) - bob, alice: (await cpu(this.#alice)) - alice }
  }

  async memory(): Promise<{ alice: Memory; bob: Memory }> {
    const alice = (await ask(this.#alice, { memory: true })) as Memory
    return { alice, bob: (await ask(this.#bob, { memory: true })) as Memory }
  }

  async stop(): Promise<void> {
    for (const child of [this.#alice, this.#bob]) {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    }
  }
}

let program: string | undefined

function begin(role: 'alice' | 'bob', ...args: string[]): ChildProcess {
  program ??= bundled('bench/channel/process.ts')
  const [command = '', ...before] = [...pinned(role), process.execPath]
  return start(command, [...before, '--expose-gc', program, role, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

/** Whether each end has a processor of its own: otherwise the kernel sometimes puts both on one, and a figure has two values. */
export const PINNED: boolean = ['0', '1'].every(
  (processor) => spawnSync('taskset', ['-c', processor, 'true']).status === 0,
)

/** What a program's command begins with, so that it stays on its end's processor. */
export function pinned(end: 'alice' | 'bob'): string[] {
  return PINNED ? ['taskset', '-c', end === 'alice' ? '0' : '1'] : []
}

function ask(child: ChildProcess, question: Question): Promise<unknown> {
  const answer = heard(child)
  child.send(question)
  return answer
}

/** @throws when the process stops instead: it has said why. */
function heard(child: ChildProcess, who = 'alice or bob'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stopped = (status: number | null, signal: string | null) =>
      reject(new Error(`${who} stopped: ${signal ?? `exit status ${status}`}`))
    child.once('exit', stopped)
    child.once('message', ({ value }: { value: unknown }) => {
      child.off('exit', stopped)
      resolve(value)
    })
  })
}

async function cpu(child: ChildProcess): Promise<number> {
  const { user, system } = (await ask(child, { cpu: true })) as NodeJS.CpuUsage
  return user + system
}
