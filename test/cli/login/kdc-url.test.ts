/** Which KDC a tool talks to, as a person writes it. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { UsageError } from '../../../src/cli/errors.ts'
import { kdcUrl } from '../../../src/cli/login/kdc-url.ts'

const urls = suite('--kdc')

function refusal(text: string): UsageError {
  try {
    kdcUrl(text)
  } catch (error) {
    return error as UsageError
  }
  throw new Error(`${text} was taken`)
}

urls('without its scheme is refused with what is missing, not with the same example twice', () => {
  for (const text of ['127.0.0.1:8800', 'localhost:8800', 'kdc.example', '[::1]:8800']) {
    assert.match(refusal(text).message, 'http://127.0.0.1:8800')
    assert.match(refusal(text).hint ?? '', /^put http:\/\/ before it/, text)
  }
})

urls('with something else wrong is refused with where to find it, and no password', () => {
  for (const text of ['ftp://kdc.example', 'http://kdc.example/path', 'alice:secret@kdc.example', '']) {
    const { message, hint = '' } = refusal(text)
    assert.match(hint, /^the KDC says its URL when it starts/, text)
    assert.not.match(message + hint, 'secret')
  }
})

urls.run()
