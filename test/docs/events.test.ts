/** docs/events.md against the code: each event that a tool tells, and its fields by their types. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as ast from 'typescript/unstable/ast'
import { API, type Checker, type Type, TypeFlags, type UnionType } from 'typescript/unstable/sync'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addNotices, NOTICE_CODES, type NoticeCode } from '../../src/lib/mls/notices.ts'
import { namesIn, readDocument, tablesWith } from './documents.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const test = suite('events.md')

/** By name, all the fields that an event or a notice may have. */
type Told = Map<string, Set<string>>

function add(told: Told, name: string, fields: Iterable<string>): void {
  told.set(name, new Set([...(told.get(name) ?? []), ...fields]))
}

/** The fields of an object of this type, whichever of its alternatives it is. */
function fieldsOf(checker: Checker, type: Type): string[] {
  if (type.flags & TypeFlags.Union) {
    return (type as UnionType).getTypes().flatMap((one) => fieldsOf(checker, one))
  }
  assert.is(checker.getIndexInfosOfType(type).length, 0, 'a type says which fields there are')
  return checker.getPropertiesOfType(type).map(({ name }) => name)
}

/** The text of `'code'`, or of `'code' as const`. */
function literalOf(node: ast.Node | undefined): string | undefined {
  if (node && ast.isAsExpression(node)) return literalOf(node.expression)
  return node && ast.isStringLiteral(node) ? node.text : undefined
}

function propertyOf(object: ast.ObjectLiteralExpression, name: string): string | undefined {
  for (const property of object.properties) {
    if (ast.isPropertyAssignment(property) && property.name.getText() === name) {
      return literalOf(property.initializer)
    }
  }
  return undefined
}

const isNotice = (code: string | undefined): code is NoticeCode =>
  (NOTICE_CODES as readonly string[]).includes(code ?? '')

/** What the sources tell. */
function readSources() {
  const events: Told = new Map()
  const notices: Told = new Map()
  const unnamed: string[] = []
  using api = {
    api: new API({ cwd: ROOT }),
    [Symbol.dispose]() {
      this.api.close()
    },
  }
  const [project] = api.api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] }).getProjects()
  if (!project) throw new Error('no project')
  const { program, checker } = project
  const visit = (node: ast.Node): void => {
    const [name, fields] = ast.isCallExpression(node) ? node.arguments : []
    if (ast.isCallExpression(node) && name && fields) {
      const { expression } = node
      const isEvent = ast.isPropertyAccessExpression(expression) && expression.name.text === 'event'
      const isJson = ast.isIdentifier(expression) && expression.text === 'json'
      const event = literalOf(name)
      if (event !== undefined && (isEvent || isJson)) {
        add(events, event, fieldsOf(checker, checker.getTypeAtLocation(fields) as Type))
      } else if (isEvent) {
        unnamed.push(name.getText())
      }
    }
    if (ast.isObjectLiteralExpression(node)) {
      const [event, code] = [propertyOf(node, 'event'), propertyOf(node, 'code')]
      const ofType = () => fieldsOf(checker, checker.getTypeAtLocation(node) as Type)
      if (event !== undefined)
        add(
          events,
          event,
          ofType().filter((field) => field !== 'event' && field !== 'time'),
        )
      if (isNotice(code))
        add(
          notices,
          code,
          ofType().filter((field) => field !== 'code' && field !== 'text'),
        )
    }
    node.forEachChild(visit)
  }
  const sources = program.getSourceFileNames().filter((file) => file.includes('/src/'))
  for (const name of sources) {
    const file = program.getSourceFile(name)
    if (file && /\.event\(|\bjson\('|event: '|code: '/.test(file.text)) visit(file)
  }
  return { events, notices, unnamed }
}

/** Whether what happens again and again becomes one notice, with a `count`. */
function isCounted(code: NoticeCode): boolean {
  const notice = { code, text: 'x', by: 'bob' }
  let number = 0
  return addNotices(new Map(), [notice, notice], () => number++).get(0)?.count === 2
}

const { events, notices, unnamed } = readSources()
const sorted = (fields: Iterable<string>) => [...new Set(fields)].sort()

/** By name, the fields in the tables `event | fields | when`. */
const documented: Told = new Map()
for (const { rows } of tablesWith(readDocument('events.md'), 'event', 'fields', 'when')) {
  for (const [names, fields] of rows)
    for (const name of namesIn(names)) add(documented, name, namesIn(fields))
}

test('every event of the tools is documented, and no other', () => {
  assert.ok(events.size > 50 && notices.size === NOTICE_CODES.length)
  // A notice's code is the only name that is not written where it is told.
  assert.equal(unnamed, ['code'])
  assert.equal(sorted(documented.keys()), sorted([...events.keys(), ...NOTICE_CODES]))
})

test('every field of an event is documented, and no other', () => {
  for (const [event, fields] of events) {
    assert.equal(
      sorted(documented.get(event) ?? []),
      sorted([...fields, ...(notices.get(event) ?? [])]),
      event,
    )
  }
})

test('every field of a notice is documented, and no other', () => {
  for (const code of NOTICE_CODES) {
    const fields = [
      ...(notices.get(code) ?? []),
      ...(isCounted(code) ? ['count'] : []),
      ...(events.get(code) ?? []),
    ]
    assert.equal(sorted(documented.get(code) ?? []), sorted(fields), code)
  }
})

test('protocol.md has the codes and fields of notices', () => {
  const tables = (...head: string[]) =>
    tablesWith(readDocument('protocol.md'), ...head)
      .filter(({ section }) => section === '7.9')
      .flatMap(({ rows }) => rows.flatMap(([names]) => namesIn(names)))
  assert.equal(sorted(tables('code', 'when')), sorted(NOTICE_CODES))
  assert.equal(
    sorted(tables('field', '')),
    sorted([...[...notices.values()].flatMap((fields) => [...fields]), 'count']),
  )
})

test.run()
