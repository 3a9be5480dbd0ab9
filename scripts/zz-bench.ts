import { verify as cv, createPublicKey } from 'node:crypto'
import { SignJWT, generateKeyPair, exportJWK, jwtVerify, importJWK } from 'jose'
import { createVerifier } from '../lib/verify/node.ts'
import { createVerifier as web } from '../lib/verify/index.ts'
import { readContracts } from '../lib/contract/index.ts'
import { readFile } from 'node:fs/promises'
const [contract] = await readContracts(['schemas/claims/orders.access-token.json'], f => readFile(f,'utf8'))
for (const alg of ['RS256','ES256','EdDSA'] as const) {
const {publicKey, privateKey} = await generateKeyPair(alg, {extractable:true})
const jwk = {...await exportJWK(publicKey), kid:'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', alg, use:'sig'}
const toks: string[] = []
for (let i=0;i<256;i++) toks.push(await new SignJWT({scope:'openid read:orders write:orders', azp:'c1234567890', 'https://acme.example/roles':['orders-manager','reader'+i],'https://acme.example/plan':'team','https://acme.example/region':'eu','https://acme.example/organization':'acme', 'https://acme.example/x':'someone@example.com','https://acme.example/y':{a:1,b:'xxxxxxxxxxxxxxxxx'}}).setProtectedHeader({alg,kid:jwk.kid,typ:'JWT'}).setIssuer('https://acme.eu.auth0.com/').setAudience(['https://orders.acme.example/','https://acme.eu.auth0.com/userinfo']).setSubject('auth0|6553da60a54af58e2949399'+i).setIssuedAt().setExpirationTime('1h').sign(privateKey))
const o = {issuer:'https://acme.eu.auth0.com/', audience:'https://orders.acme.example/', jwks:{keys:[jwk]}, contract, algorithms:[alg]} as never
const n = createVerifier(o), w = web(o)
const key = createPublicKey({key:jwk as never, format:'jwk'})
const split = toks.map(t=>{const i=t.lastIndexOf('.');return [Buffer.from(t.slice(0,i)),Buffer.from(t.slice(i+1),'base64url')] as const})
const kk = alg==='ES256'?{key,dsaEncoding:'ieee-p1363' as const}:key
const ck = await importJWK(jwk as never, alg)
const c: Record<string,(i:number)=>unknown> = {
 bare: i=>cv(alg==='EdDSA'?null:'sha256',split[i]![0],kk as never,split[i]![1]),
 node: i=>n.verify(toks[i]!), web: i=>w.verify(toks[i]!),
 jose: i=>jwtVerify(toks[i]!,ck,{issuer:'https://acme.eu.auth0.com/',audience:'https://orders.acme.example/',algorithms:[alg]}),
}
const best: Record<string,number> = {}
for (let r=0;r<12;r++) for (const k of Object.keys(c).sort(()=>Math.random()-.5)) { const N=1500; const t=process.hrtime.bigint(); for(let i=0;i<N;i++){const x=c[k]!(i&255); if(x instanceof Promise) await x} const us=Number(process.hrtime.bigint()-t)/1e3/N; best[k]=Math.min(best[k]??1e9,us)}
console.log(alg, toks[0]!.length, Object.fromEntries(Object.entries(best).map(([k,v])=>[k,`${v.toFixed(1)}us ${(v/best['bare']!).toFixed(3)}`])))
}
