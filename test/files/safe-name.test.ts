/** Names that others give to files. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_NAME_BYTES, numberedBy, safeName } from '../../src/files/safe-name.ts'

const names = suite('names of files from others')

const CASES: [given: string, kept: string][] = [
  ['report.pdf', 'report.pdf'],
  ['Grüße aus Köln.txt', 'Grüße aus Köln.txt'],
  ['日本語.tar.gz', '日本語.tar.gz'],
  ['👩‍👩‍👧 😀.png', '👩‍👩‍👧 😀.png'],
  // Paths.
  ['../x', 'x'],
  ['../../etc/passwd', 'passwd'],
  ['/etc/passwd', 'passwd'],
  ['C:\\Windows\\system.ini', 'system.ini'],
  ['C:autoexec.bat', 'C_autoexec.bat'],
  ['\\\\server\\share\\x', 'x'],
  ['..\\x', 'x'],
  ['a/b\\c', 'c'],
  ['dir/', 'file'],
  ['/', 'file'],
  // Hidden, and nothing at all.
  ['', 'file'],
  ['.', 'file'],
  ['..', 'file'],
  ['...', 'file'],
  [' . . ', 'file'],
  ['.bashrc', 'bashrc'],
  ['..bashrc', 'bashrc'],
  [' .profile', 'profile'],
  ['.ssh/authorized_keys', 'authorized_keys'],
  // What Windows drops.
  ['x. . .', 'x'],
  ['report.pdf ', 'report.pdf'],
  // What programs and shells take for something else.
  ['-rf', '_rf'],
  ['~root', '_root'],
  ['a|b>c<d"e?f*g', 'a_b_c_d_e_f_g'],
  // Devices and streams.
  ['NUL', '_NUL'],
  ['NUL.txt', '_NUL.txt'],
  ['nul.tar.gz', '_nul.tar.gz'],
  ['con .txt', '_con .txt'],
  ['COM1', '_COM1'],
  ['lpt¹.log', '_lpt¹.log'],
  ['CONIN$', '_CONIN$'],
  ['console.log', 'console.log'],
  ['nullable.ts', 'nullable.ts'],
  ['notes.txt:hidden', 'notes.txt_hidden'],
  // What a terminal obeys, and what deceives the eye.
  ['a\x1b[2Jb\n\x00\x7f\x85.txt', 'a_[2Jb____.txt'],
  ['invoice\u202efdp.exe', 'invoice_fdp.exe'],
  ['a\u200bb\ufeffc\u2028d\u00ade', 'a_b_c_d_e'],
  ['\u{e0041}tag', '_tag'],
  ['lone \ud800.txt', 'lone _.txt'],
  ['a\u00a0b\u3000c', 'a b c'],
  // What is not seen at all, or is as empty as a space: Unicode has more of it than any list.
  ['\u200c', '_'],
  ['\u200d\u200c.pdf', '__.pdf'],
  ['\u2800', 'file'],
  ['\u2800\u2800.pdf', 'pdf'],
  ['\u3164', '_'],
  ['a\u180eb\u115fc\ufe0fd\u034fe', 'a_b_c_d_e'],
  ['a\u200db.txt', 'a_b.txt'],
  ['😀\u200d', '😀_'],
  // But for what shapes the letters beside it, or is part of an emoji.
  ['می\u200cخواهم.txt', 'می\u200cخواهم.txt'],
  ['❤️ 1️⃣ ☝🏽.png', '❤️ 1️⃣ ☝🏽.png'],
  // One form for what looks the same.
  ['u\u0308ber', 'über'],
  ['\u212angstrom', 'Kngstrom'],
]

for (const [given, kept] of CASES) {
  names(`${JSON.stringify(given)} becomes ${JSON.stringify(kept)}`, () => {
    assert.is(safeName(given), kept)
  })
}

names('that are too long are cut between characters, before the extension', () => {
  const long = safeName(`${'ü'.repeat(300)}.pdf`)
  assert.is(long, `${'ü'.repeat(125)}.pdf`)
  assert.is(Buffer.byteLength(safeName('😀'.repeat(100))), 252)
  assert.is(safeName(`x.${'y'.repeat(300)}`).length, 255)
  assert.is(safeName(`NUL.${'y'.repeat(300)}`).startsWith('_NUL.'), true)
  // Between what is joined, too: no joiner is left at the end.
  assert.is(safeName(`${'x'.repeat(244)}👩\u200d👩.png`), `${'x'.repeat(244)}👩.png`)
})

names('are numbered before the extension, and cut where there is no room for the number', () => {
  const take = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => numberedBy(name, i + 1))
  assert.equal(take('report.pdf', 3), ['report.pdf', 'report (2).pdf', 'report (3).pdf'])
  assert.equal(take('file', 2), ['file', 'file (2)'])
  assert.equal(take(`${'a'.repeat(251)}.txt`, 2)[1], `${'a'.repeat(247)} (2).txt`)
})

names('are good everywhere, whatever was given; and stay as they are when they are sent on', () => {
  const piece = fc.constantFrom(
    '.',
    ' ',
    '/',
    '\\',
    'NUL',
    'con',
    ':',
    '\u202e',
    '\u0000',
    'ü',
    '😀',
    '\u200d',
    '\ufe0f',
    'م',
    '\u200c',
    '\u2800',
    '\u3164',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '\ud800',
    'a'.repeat(120),
  )
  const given = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(given, (text) => {
      const name = safeName(text)
      const bytes = Buffer.byteLength(name)
      assert.ok(bytes >= 1 && bytes <= MAX_NAME_BYTES)
      assert.not.match(name, /[/\\\p{Cc}\p{Cs}:]|^[. -]|[. ]$/u)
      assert.not.match(name, /^(con|nul)\s*(\.|$)/i)
      assert.is(safeName(name), name)
      assert.match(name, /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\u2800]/u)
    }),
    { numRuns: 2000 },
  )
})

names.run()
