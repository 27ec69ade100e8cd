/**
 * What the package exports, as one text for each entry: docs/api. Made from the declarations that are packed, so that a change of the
 * surface shows in a diff, and what has no docstring is found.
 *
 *   npm run build && npm run api      writes docs/api/ anew
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
// The compiler's own package has no programming interface in version 7.
import ts from 'typescript-5.9'

const ROOT = join(import.meta.dirname, '..')

/** One entry of the package. */
export interface EntryReport {
  /** As it is imported: `symbolon/kdc`. */
  readonly name: string
  /** Its file in docs/api. */
  readonly file: string
  readonly text: string
  /** What it exports, and members of that, without a docstring. */
  readonly undocumented: readonly string[]
}

/** @param folder - of the package, built. */
export function reportApi(folder: string): EntryReport[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.entries(manifest.exports as Record<string, { types?: string }>).flatMap(
    ([path, { types }]) => (types === undefined ? [] : [[path, join(folder, types)] as const]),
  )
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
      skipLibCheck: true,
      noEmit: true,
    },
  )
  const checker = program.getTypeChecker()
  const modules = entries.map(([, file]) => {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    if (!module) throw new Error(`${file} is no module`)
    return checker.getExportsOfModule(module)
  })
  const everywhere = new Set(modules.flat().map((symbol) => resolve(symbol, checker)))
  return entries.map(([path], i) => {
    const name = path === '.' ? manifest.name : `${manifest.name}${path.slice(1)}`
    return {
      name,
      file: `${name.replace('/', '-')}.md`,
      ...reportEntry(modules[i] ?? [], everywhere, name, checker, folder),
    }
  })
}

const resolve = (symbol: ts.Symbol, checker: ts.TypeChecker) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

/** @param everywhere - what the entries export, all of them: it is shown where it is exported. */
function reportEntry(
  exports: readonly ts.Symbol[],
  everywhere: ReadonlySet<ts.Symbol>,
  name: string,
  checker: ts.TypeChecker,
  folder: string,
) {
  const exported = new Map(exports.map((symbol) => [resolve(symbol, checker), symbol.name]))
  const types = new Set(
    exports
      .filter((symbol) => symbol.declarations?.some(ts.isTypeOnlyExportDeclaration))
      .map(({ name }) => name),
  )
  const found = [...exported.keys()]
  const named = new Set<ts.Symbol>()
  // The list grows as it is read: what a declaration names is looked into as well.
  for (const symbol of found) {
    for (const other of namesIn(symbol, checker, folder)) {
      if (everywhere.has(other) || named.has(other)) continue
      named.add(other)
      found.push(other)
    }
  }
  const title = (symbol: ts.Symbol) => exported.get(symbol) ?? symbol.name
  const sorted = (symbols: Iterable<ts.Symbol>) =>
    [...symbols].sort((a, b) => (title(a) < title(b) ? -1 : 1)).filter((symbol) => symbol.declarations)
  const block = (symbol: ts.Symbol) => {
    const as = title(symbol) === symbol.name ? '' : ` (inside: ${symbol.name})`
    return `### ${title(symbol)}${as}\n\n\`\`\`ts\n${declarationsOf(symbol)}\n\`\`\`\n`
  }
  const isValue = (symbol: ts.Symbol) =>
    (symbol.flags & ts.SymbolFlags.Value) !== 0 && !types.has(title(symbol))
  const sections: [string, ts.Symbol[]][] = [
    ['Values', sorted(exported.keys()).filter(isValue)],
    ['Types', sorted(exported.keys()).filter((symbol) => !isValue(symbol))],
    ['Named by these, and not exported', sorted(named)],
  ]
  const text = sections
    .filter(([, symbols]) => symbols.length > 0)
    .map(([heading, symbols]) => `## ${heading}: ${symbols.length}\n\n${symbols.map(block).join('\n')}`)
    .join('\n')
  const undocumented = [...exported].flatMap(([symbol, as]) => undocumentedIn(symbol, as, checker))
  return { text: `# ${name}\n\nMade by \`npm run api\`. Not to be edited.\n\n${text}`, undocumented }
}

const NAMED =
  ts.SymbolFlags.Class |
  ts.SymbolFlags.Interface |
  ts.SymbolFlags.TypeAlias |
  ts.SymbolFlags.Function |
  ts.SymbolFlags.Variable

/** What is declared in the package, of the names in a declaration. */
function namesIn(symbol: ts.Symbol, checker: ts.TypeChecker, folder: string): ts.Symbol[] {
  const names: ts.Symbol[] = []
  const visit = (node: ts.Node) => {
    const found = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined
    if (found) names.push(resolve(found, checker))
    ts.forEachChild(node, visit)
  }
  for (const declaration of symbol.declarations ?? []) visit(declaration)
  // Parameters are variables too, and belong to their functions.
  const stands = (node: ts.Declaration) =>
    !ts.isParameter(node) &&
    !ts.isBindingElement(node) &&
    !ts.isTypeParameterDeclaration(node) &&
    isIn(folder, node)
  return names.filter(
    (other) => other !== symbol && (other.flags & NAMED) !== 0 && (other.declarations ?? []).some(stands),
  )
}

function isIn(folder: string, node: ts.Node): boolean {
  const path = relative(folder, node.getSourceFile().fileName)
  return !path.startsWith('..') && !path.includes('node_modules')
}

const printer = ts.createPrinter({ removeComments: true })

function declarationsOf(symbol: ts.Symbol): string {
  return (symbol.declarations ?? [])
    .map((node) => {
      // Of a variable, its statement.
      const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node
      return printer.printNode(ts.EmitHint.Unspecified, whole, node.getSourceFile())
    })
    .join('\n')
    .replace(/^(export )?(declare )?/gm, '')
}

function undocumentedIn(symbol: ts.Symbol, name: string, checker: ts.TypeChecker): string[] {
  const isDocumented = (node: ts.Node) => ts.getJSDocCommentsAndTags(node).length > 0
  const missing = symbol.getDocumentationComment(checker).length > 0 ? [] : [name]
  for (const node of symbol.declarations ?? []) {
    const members =
      ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)
        ? [...node.members]
        : ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type)
          ? [...node.type.members]
          : []
    for (const member of members) {
      const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : []
      const isPrivate =
        modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) ||
        (member.name !== undefined && ts.isPrivateIdentifier(member.name))
      if (isPrivate || isDocumented(member)) continue
      missing.push(`${name}.${member.name?.getText() ?? 'constructor'}`)
    }
  }
  return missing
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { file, text } of reportApi(join(ROOT, 'dist'))) {
    writeFileSync(join(ROOT, 'docs', 'api', file), text)
  }
}
