/** Text from others, as people see it. What terminals do with it: test/cli/terminal/terminal.test.ts. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bounded, quoted, says, visible, visibleJson } from '../../../src/lib/text/visible.ts'

const test = suite('text from others')

test('a joiner stays where letters are on both sides of it, and is shown elsewhere', () => {
  assert.is(
    visible('\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'),
    '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
  )
  assert.is(visible('\u200c\u0645'), '\\u{200c}\u0645')
  assert.is(visible('\u0645\u200c'), '\u0645\\u{200c}')
  assert.is(visible('a\u200cb'), 'a\\u{200c}b')
  assert.is(visible('\u0645\u200c\u200c\u0645'), '\u0645\\u{200c}\\u{200c}\u0645')
})

test('tags stay in the flag of a region, and are shown elsewhere', () => {
  const scotland = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'
  assert.is(visible(scotland), scotland)
  assert.is(visible('\u{1f3f4}\u{e007f}'), '\u{1f3f4}\\u{e007f}')
  assert.is(visible('a\u{e0067}\u{e0062}'), 'a\\u{e0067}\\u{e0062}')
})

test('in JSON it parses to the same as before', () => {
  const text = 'a\u202eb\u{e0067}\u200c'
  const line = visibleJson(JSON.stringify({ text }))
  assert.match(line, /^[ -~]*$/)
  assert.equal(JSON.parse(line), { text })
})

test('quoted it is one line of at most 200 characters, without quotes inside', () => {
  assert.is(quoted('say "yes"\nand\r\n  go'), `"say 'yes'\\x0aand\\x0d\\x0a go"`)
  assert.is(quoted('x'.repeat(200)), `"${'x'.repeat(200)}"`)
  for (const text of ['x'.repeat(4_000_000), '\x1b'.repeat(200), '\u{1f600}'.repeat(300)]) {
    const shown = quoted(text)
    assert.is.not(/[\ud800-\udbff](?![\udc00-\udfff])/.test(shown), true)
    assert.ok(shown.length <= 202 && shown.endsWith('…"'), shown)
  }
  assert.is(quoted(`${' '.repeat(1000)}end`), '" …"', 'no more of it is looked at')
  assert.is(bounded('abc', 3), 'abc')
  assert.is(bounded('\u{1f600}'.repeat(3), 4), '\u{1f600}…', 'no half of a character')
  assert.is(says('the KDC', ''), 'the KDC gives no reason')
})

test.run()
