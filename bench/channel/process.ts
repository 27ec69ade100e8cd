/**
 * Alice or bob, of one kind, in a process of their own: told over IPC what to do. `pair.ts` starts both.
 *
 *   process.ts bob KIND            says its address
 *   process.ts alice KIND ADDRESS  says that it is there
 *
 * @module
 */
import type { Kind, Task } from './tasks.ts'

export type KindName = 'ours' | 'tls' | 'secret-stream'

/** What a process is asked; it answers each with one message. */
export type Question =
  | { readonly expect: Task }
  | { readonly run: Task }
  | { readonly cpu: true }
  | { readonly memory: true }

/** In bytes, after a garbage collection: all of the process; and what V8 knows of, on its heap and outside. */
export interface Memory {
  readonly rss: number
  readonly known: number
}

async function kindOf(name: KindName): Promise<Kind> {
  if (name === 'ours') return import('./ours.ts')
  const { kindOf } = await import('./streams.ts')
  if (name === 'tls') return kindOf((await import('./tls.ts')).TLS)
  return kindOf((await import('./secret-stream.ts')).SECRET_STREAM)
}

const [role, name, address = 'null'] = process.argv.slice(2)
const kind = await kindOf(name as KindName)
const bob = role === 'bob' ? await kind.bob() : undefined
const alice = role === 'alice' ? kind.alice(JSON.parse(address)) : undefined

async function answer(question: Question): Promise<unknown> {
  if ('cpu' in question) return process.cpuUsage()
  if ('memory' in question) return memory()
  if ('run' in question) return alice?.run(question.run)
  bob?.expect(question.expect)
  return true
}

function memory(): Memory {
  // Twice: what the first one finds to be finalized goes with the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, known: heapUsed + external }
}

process.on('message', (question: Question) => {
  answer(question).then((value) => process.send?.({ value }))
})
process.on('disconnect', () => process.exit())
process.send?.({ value: bob?.address ?? null })
