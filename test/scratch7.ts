import { Realm } from './helpers/realm.ts'
import { spawn } from 'node:child_process'
const realm = await Realm.start('alice','bob')
const M = `--import "data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS+'\\n'))"`
const N = `${process.execPath} --max-old-space-size=64 ${M} --import tsx`
const L = `--kdc ${realm.url} --password-file ${realm.passwordFile}`
const t=Date.now()
const run=(c: string)=>new Promise<void>(r=>{const p=spawn('bash',['-c',c],{env:realm.env,stdio:'inherit'});p.on('close',(x)=>{console.log('exit',x,(Date.now()-t)/1000,'s');r()})})
const b=run(`set -o pipefail; ${N} src/receiver.ts ${L} bob --once | sha256sum`)
await new Promise(r=>setTimeout(r,4000))
const a=run(`set -o pipefail; head -c 5368709120 /dev/urandom | tee >(sha256sum >&2) | ${N} src/sender.ts ${L} alice bob -; sleep 1`)
await Promise.all([a,b]); await realm.close()
