/** A file system that does not do as it is told. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Does something while functions of `node:fs` are others, for every module. */
export async function withOtherFs<T>(others: Partial<typeof fs>, act: () => Promise<T>): Promise<T> {
  const own = Object.fromEntries(Object.keys(others).map((name) => [name, fs[name as keyof typeof fs]]))
  Object.assign(fs, others)
  syncBuiltinESMExports()
  try {
    return await act()
  } finally {
    Object.assign(fs, own)
    syncBuiltinESMExports()
  }
}

type Fsync = (file: number, done: fs.NoParamCallback, own: typeof fs.fsync) => void

const { fsync } = fs

/** `fsync` in another way, which may be Node's `own` at times. */
export const fsyncAs = (act: Fsync) => ({
  fsync: ((file: number, done: fs.NoParamCallback) => act(file, done, fsync)) as typeof fs.fsync,
})

/** What a disk says that fails. */
export const diskError = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })

/** @returns the most that `act` counted between two turns of the event loop. */
export async function mostInOneTurn(act: (count: () => void) => Promise<void>): Promise<number> {
  let [now, most] = [0, 0]
  let timer = setImmediate(function next() {
    now = 0
    timer = setImmediate(next)
  })
  try {
    await act(() => {
      now++
      most = Math.max(most, now)
    })
    return most
  } finally {
    clearImmediate(timer)
  }
}
