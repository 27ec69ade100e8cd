/**
 * A question whose answer is not shown.
 *
 * @module
 */
import { ToolError, UsageError } from './errors.ts'
import { makeRaw, suspend, whenContinued } from './suspended.ts'

const CTRL_C = '\x03'
const CTRL_D = '\x04'
const CTRL_U = '\x15'
const CTRL_Z = '\x1a'
const BACKSPACES = ['\x7f', '\b']

/**
 * Asks on the terminal, without echo. The question goes to stderr, so that it never lands in a pipe.
 *
 * @returns the line typed.
 * @throws UsageError when standard input is no terminal; ToolError when the person pressed Ctrl+C.
 */
export function promptSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    return Promise.reject(
      new UsageError(
        'there is no terminal to ask for a password on',
        'give --password-file FILE or set SYMBOLON_PASSWORD',
      ),
    )
  }
  return new Promise((resolve, reject) => {
    let typed = ''
    let ended = false
    const goOn = () => {
      if (ended) return
      makeRaw()
      stderr.write(`\r\x1b[K${question}`)
    }
    const forget = whenContinued(goOn)
    const end = (finish: () => void) => {
      ended = true
      forget()
      stdin.off('data', onData)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      finish()
    }
    const onData = (data: string) => {
      for (const key of data) {
        if (key === '\r' || key === '\n' || key === CTRL_D) return end(() => resolve(typed))
        if (key === CTRL_C) return end(() => reject(new ToolError('cancelled')))
        if (key === CTRL_Z) suspend(goOn)
        else if (key === CTRL_U) typed = ''
        else if (BACKSPACES.includes(key)) typed = [...typed].slice(0, -1).join('')
        else if (key >= ' ') typed += key
      }
    }
    stderr.write(question)
    stdin.setEncoding('utf8')
    stdin.setRawMode(true)
    stdin.on('data', onData)
    stdin.resume()
  })
}
