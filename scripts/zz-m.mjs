import { isUtf8, isAscii } from 'node:buffer'
const payload = JSON.stringify({scope:'openid read:orders write:orders', azp:'c1234567890', 'https://acme.example/roles':['orders-manager','reader'],'https://acme.example/plan':'team','https://acme.example/region':'eu','https://acme.example/organization':'acme', 'https://acme.example/x':'someone@example.com','https://acme.example/y':{a:1,b:'xxxxxxxxxxxxxxxxx'},iss:'https://acme.eu.auth0.com/',aud:['https://orders.acme.example/','https://acme.eu.auth0.com/userinfo'],sub:'auth0|6553da60a54af58e2949399',iat:1,exp:2})
const toks=Array.from({length:256},(_,i)=>Buffer.from(`{"alg":"RS256","kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","typ":"JWT"}`).toString('base64url')+'.'+Buffer.from(payload.replace('reader','reader'+i)).toString('base64url')+'.'+'A'.repeat(342))
const P=toks.map(t=>t.split('.')[1]), H=toks.map(t=>t.split('.')[0])
const texts=P.map(p=>Buffer.from(p,'base64url').toString()), bufs=texts.map(t=>Buffer.from(t))
const m={
 slice:i=>{const t=toks[i];const a=t.indexOf('.'),b=t.indexOf('.',a+1);return t.slice(a+1,b).length},
 includes2:i=>P[i].includes('+')||P[i].includes('/'),
 byteLength:i=>Buffer.byteLength(P[i],'utf8'),
 decodeP:i=>Buffer.from(P[i],'base64url'),
 isUtf8:i=>isUtf8(bufs[i]), isAscii:i=>isAscii(bufs[i]),
 toUtf8:i=>bufs[i].toString('utf8'), utf8Slice:i=>bufs[i].utf8Slice(0,bufs[i].length), latin1:i=>bufs[i].latin1Slice(0,bufs[i].length),
 parse:i=>JSON.parse(texts[i]),
 header:i=>JSON.parse(Buffer.from(H[i],'base64url').toString()),
 regex:i=>/^[A-Za-z0-9_.-]*$/.test(toks[i]),
 input:i=>Buffer.from(toks[i].slice(0,750),'latin1'),
 stringify:i=>JSON.stringify(JSON.parse(texts[i])).length,
 scan:i=>{const t=texts[i];let n=0;for(let j=t.indexOf('"');j!==-1;j=t.indexOf('"',j+1))n++;return n},
 charscan:i=>{const t=texts[i];let n=0;for(let j=0;j<t.length;j++)if(t.charCodeAt(j)===58)n++;return n},
}
for (const [k,f] of Object.entries(m)){let best=1e9;for(let r=0;r<15;r++){const t=process.hrtime.bigint();for(let i=0;i<5000;i++)f(i&255);best=Math.min(best,Number(process.hrtime.bigint()-t)/5000)}console.log(k.padEnd(12),best.toFixed(0),'ns')}
