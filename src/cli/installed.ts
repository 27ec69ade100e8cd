/**
 * The tools by the names that the installed command `symbolon` gives them, and how each is begun: from sources as a file of its
 * own, through tsx; installed, where everything is built into JavaScript, as `symbolon NAME`.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SOURCES = {
  kdc: 'kdc/main.ts',
  send: 'sender.ts',
  receive: 'receiver.ts',
  group: 'group.ts',
  users: 'users.ts',
  login: 'login.ts',
  logout: 'logout.ts',
  whoami: 'whoami.ts',
  register: 'register.ts',
  passwd: 'passwd.ts',
  sessions: 'sessions.ts',
  doctor: 'doctor.ts',
  completion: 'completion.ts',
  demo: 'demo.ts',
} as const

/** What comes after `symbolon`. */
export type ToolName = keyof typeof SOURCES

export const TOOLS = Object.keys(SOURCES) as readonly ToolName[]

/** What the tool's lines on stderr begin with. */
export const labelOf = (tool: ToolName): string =>
  tool === 'kdc' ? tool : SOURCES[tool].slice(0, -'.ts'.length)

// The sources are TypeScript, and nothing else is.
const INSTALLED = !import.meta.url.endsWith('.ts')

export function version(): string {
  const file = new URL(INSTALLED ? '../package.json' : '../../package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}

/** What a person types to begin a tool: `npx tsx src/sender.ts`, or `symbolon send`. `silent`: npm adds no lines of its own. */
export function commandOf(tool: ToolName, options: { silent?: boolean } = {}): string {
  if (INSTALLED) return `symbolon ${tool}`
  // These two have a script in package.json.
  if (tool === 'kdc' || tool === 'demo') return `npm run ${options.silent ? '--silent ' : ''}${tool} --`
  return `npx tsx src/${SOURCES[tool]}`
}

/** What Node is to be started with for a tool to run: options, the file, arguments. */
export function argumentsFor(tool: ToolName): string[] {
  if (INSTALLED) return [fileURLToPath(new URL('./symbolon.mjs', import.meta.url)), tool]
  const file = fileURLToPath(new URL(`../${SOURCES[tool]}`, import.meta.url))
  return ['--import', import.meta.resolve('tsx'), file]
}

/** What this tool prints with `--help`, if the build has asked it: shown without all that a tool imports. @param command - of the KDC. */
export function savedHelp(tool: ToolName, command = ''): string | undefined {
  if (!INSTALLED) return undefined
  let texts: Record<string, string>
  try {
    texts = JSON.parse(readFileSync(new URL('./help.json', import.meta.url), 'utf8'))
  } catch {
    return undefined
  }
  const name = tool === 'kdc' && command !== '' && !command.startsWith('-') ? `${tool} ${command}` : tool
  return Object.hasOwn(texts, name) ? texts[name] : undefined
}

/** The same; where there is none, as in sources, the tool is asked. */
export async function helpOf(tool: ToolName, command?: string): Promise<string> {
  const saved = savedHelp(tool, command)
  if (saved !== undefined) return saved
  const args = [...argumentsFor(tool), ...(command === undefined ? [] : [command]), '--help']
  // Not every command needs them.
  const [{ execFile }, { promisify }] = await Promise.all([import('node:child_process'), import('node:util')])
  return (await promisify(execFile)(process.execPath, args)).stdout
}
