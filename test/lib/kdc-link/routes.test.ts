/** What may be said of which route: the client's list and the KDC's own words. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ERROR_CODES } from '../../../src/lib/errors.ts'
import { maxRequestBytes, mayBeSaid } from '../../../src/lib/kdc-link/routes.ts'
import { SEALED_TYPE, sealRequest } from '../../../src/lib/sealed.ts'
import { secretOf, testKdc } from '../../helpers/kdc.ts'

const test = suite('routes')

const KDC = fileURLToPath(new URL('../../../src/kdc', import.meta.url))

/** What stands at the top of one of the KDC's files, by name; and where the names come from that it imports of the KDC. */
interface Source {
  readonly declared: ReadonlyMap<string, string>
  readonly imported: ReadonlyMap<string, string>
}

const sources = new Map<string, Source>()

function sourceOf(file: string): Source {
  let source = sources.get(file)
  if (source) return source
  const text = readFileSync(file, 'utf8')
  const pieces = text.split(/^(?=(?:export )?(?:async )?(?:function\*?|const|class) )/m)
  const declared = pieces.flatMap((piece) => {
    const [, name] = /^(?:export )?(?:async )?(?:function\*?|const|class) (\w+)/.exec(piece) ?? []
    return name ? [[name, piece] as const] : []
  })
  const imported = [...text.matchAll(/^import \{([^}]*)\} from '(\.[^']+)'/gm)].flatMap(
    ([, names = '', from = '']) => {
      const target = resolve(dirname(file), from)
      // What every route has says what every route may.
      const isOurs = target.startsWith(KDC) && !target.includes('/http/') && !target.endsWith('/context.ts')
      return isOurs ? names.split(',').map((name) => [name.trim(), target] as const) : []
    },
  )
  source = { declared: new Map(declared), imported: new Map(imported) }
  sources.set(file, source)
  return source
}

/** A piece of a file, and all functions and classes that it reaches by their names. */
function reached(file: string, piece: string, seen = new Set<string>()): string[] {
  const { declared, imported } = sourceOf(file)
  const used = new Set(piece.match(/\w+/g))
  return [
    piece,
    ...[...used].flatMap((name) => {
      const from = declared.has(name) ? file : imported.get(name)
      const text = from && sourceOf(from).declared.get(name)
      if (!from || !text || seen.has(`${from} ${name}`)) return []
      seen.add(`${from} ${name}`)
      return reached(from, text, seen)
    }),
  ]
}

const codesIn = (text: string) =>
  [...text.matchAll(/new Problem\(\s*'([a-z_]+)'/g)].map(([, code = '']) => code)

/** What clients have no code for: `request_refused`, or that the KDC failed or is busy. */
const FOR_NO_CLIENT = [
  'body_too_large',
  'headers_too_large',
  'internal',
  'invalid_request',
  'kdc_busy',
  'malformed_http',
  'malformed_json',
  'method_not_allowed',
  'not_found',
  'request_timeout',
  'store_unavailable',
  'unsupported_media_type',
  'web_page_refused',
]

test('the KDC says nothing of a route that clients do not know of', () => {
  const app = readFileSync(join(KDC, 'app.ts'), 'utf8')
  const files = [...app.matchAll(/from '\.\/routes\/([\w-]+)\.ts'/g)].map(([, name = '']) => name)
  const all = readdirSync(join(KDC, 'routes')).map((name) => name.replace(/\.ts$/, ''))
  assert.equal([...files].sort(), all.sort())
  let checked = 0
  for (const name of files) {
    const file = join(KDC, 'routes', `${name}.ts`)
    // From one path to the next: `.post('/identity/put', …)`.
    const [, ...handlers] = readFileSync(file, 'utf8').split(/(?=\.(?:post|get)\(\s*'\/)/)
    assert.ok(handlers.length > 0, name)
    for (const handler of handlers) {
      const path = /'(\/[\w/-]+)'/.exec(handler)?.[1] ?? ''
      const own = handler.split(/^}/m)[0] ?? ''
      for (const code of reached(file, own).flatMap(codesIn)) {
        if (FOR_NO_CLIENT.includes(code)) continue
        assert.ok(mayBeSaid(path, code), `${path}: ${code}`)
        checked++
      }
    }
  }
  assert.ok(checked > 50, `${checked}`)
})

test('every code of the KDC is one that clients know, or says nothing to them', () => {
  const problems = [...readFileSync(join(KDC, 'problems.ts'), 'utf8').matchAll(/^ {2}([a-z_]+): \{/gm)]
  const codes = problems.map(([, code = '']) => code)
  assert.ok(codes.length > 30)
  const clients: readonly string[] = [...ERROR_CODES.protocol, ...ERROR_CODES.transport]
  for (const code of codes) assert.ok(clients.includes(code) || FOR_NO_CLIENT.includes(code), code)
})

test('what only a client may conclude is said of no route', () => {
  const conclusions = ERROR_CODES.protocol.filter((code) =>
    /^(channel|frame|handshake|history|kdc|member|not_ack|peer|state|stream|ticket|transfer|version)_/.test(
      code,
    ),
  )
  assert.ok(conclusions.length > 20)
  for (const path of ['/login/start', '/register/finish', '/groups/send', '/mailbox', '/files/get', '/x'])
    for (const code of [
      ...conclusions,
      'decryption_failed',
      'group_replaced',
      'file_damaged',
      '__proto__',
      '',
    ])
      assert.not.ok(mayBeSaid(path, code), `${path}: ${code}`)
})

test('a path that has the name of something which every object has is one of no route', () => {
  for (const path of ['/constructor', '/__proto__', '/toString', '/hasOwnProperty/x', '', 'x']) {
    assert.is(mayBeSaid(path, 'login_refused'), false, path)
    assert.is(mayBeSaid(path, 'clock_wrong'), true, path)
  }
})

test('the longest request is the one that the KDC takes', async () => {
  const kdc = await testKdc()
  const token = secretOf(await kdc.login('alice'))
  const paths = [
    ...['/groups/create', '/groups/commit', '/groups/send', '/groups/leave', '/groups/list', '/groups/info'],
    ...['/groups/destroy', '/mailbox', '/mailbox/ack', '/key-packages/put', '/key-packages/take'],
    ...['/key-packages/count', '/identity/put', '/identity/find', '/files/begin', '/files/put', '/files/get'],
    ...[
      '/files/drop',
      '/users/online',
      '/userinfo',
      '/listen',
      '/sessions',
      '/sessions/end',
      '/password/finish',
    ],
  ]
  const empty = sealRequest(token, 'POST /x', { x: '' }).bytes.length
  for (const path of paths) {
    const send = async (bytes: number) => {
      const body = sealRequest(token, `POST ${path}`, { x: 'x'.repeat(bytes - empty) }).bytes
      assert.is(body.length, bytes)
      const answer = await kdc.request(path, {
        method: 'POST',
        headers: { 'Content-Type': SEALED_TYPE, 'Content-Length': String(bytes) },
        body,
      })
      return answer.status
    }
    assert.is.not(await send(maxRequestBytes(path)), 413, path)
    assert.is(await send(maxRequestBytes(path) + 1), 413, path)
  }
})

test.run()
