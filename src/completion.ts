/** What a shell completes: `tsx src/completion.ts bash`. */
import { parseChoice } from './cli/arguments.ts'
import { clientTool } from './cli/client-tool.ts'
import { candidates, SCRIPTS } from './cli/completion.ts'

/** What the scripts ask: `symbolon completion words -- send ali`. */
const WORDS = 'words'

clientTool('completion', {
  help: (command) => `usage: ${command} SHELL

Prints what makes SHELL complete the commands of symbolon, their options, and
the names of principals and groups: those that your tools know on this machine,
while login has kept a session. SHELL is bash, zsh, fish or powershell.

  bash        in ~/.bashrc: source <(symbolon completion bash)
  zsh         in ~/.zshrc, after compinit: source <(symbolon completion zsh)
  fish        in ~/.config/fish/config.fish: symbolon completion fish | source
  powershell  in $PROFILE: symbolon completion powershell | Out-String | iex

exit status: 0 done, 1 failed, 2 wrong usage

example: ${command} bash
`,
  positionals: ['SHELL', '[MORE...]'],
  options: {},
  async run({ positionals }) {
    const [word = '', ...typed] = positionals
    if (word !== WORDS) {
      const shells = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]
      process.stdout.write(SCRIPTS[parseChoice('SHELL', shells, word)])
      return
    }
    process.stdout.write((await candidates(typed)).map((found) => `${found}\n`).join(''))
  },
})
