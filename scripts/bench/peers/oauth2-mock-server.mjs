/** The peer: oauth2-mock-server as its readme starts it, with an RS256 key. */
import { OAuth2Server } from 'oauth2-mock-server'
import { report } from './report.mjs'

const server = new OAuth2Server()
await server.issuer.keys.generate('RS256')
await server.start(0, 'localhost')
report({ issuer: server.issuer.url })
