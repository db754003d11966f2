import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judgeHostKey, knownHostName, knownTypes, parseKnownHosts } from '../../../lib/deployment/known-hosts.js'

const [A, B, C] = ['QUFB', 'QkJC', 'Q0ND']
const hash = (name: string): string => {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const judge = (text: string, host: string, port: number, key: string): string =>
  judgeHostKey(parseKnownHosts(text), host, port, key)

describe('known hosts', () => {
  it('reads entries, and leaves out what is none', () => {
    const text = `# a comment\r\n\n  web.example,192.0.2.1 ssh-rsa ${A} me@there\n@revoked * ssh-rsa ${B}\n@other x ssh-rsa ${A}\nbroken\nx ssh-rsa not*base64\n`
    expect(parseKnownHosts(text)).toEqual([
      { marker: undefined, hosts: ['web.example', '192.0.2.1'], type: 'ssh-rsa', key: A },
      { marker: 'revoked', hosts: ['*'], type: 'ssh-rsa', key: B },
    ])
  })

  it.each([
    ['its name', 'web.example'],
    ['one of several', 'other,web.example'],
    ['another case', 'WEB.example'],
    ['a pattern', '*.exampl?'],
    ['many stars', `${'*'.repeat(40)}x*e`],
    ['hashed', hash('web.example')],
  ])('knows a host by %s', (_how, entry) => {
    const text = `${entry} ssh-ed25519 ${A}\n`
    expect(judge(text, 'Web.Example', 22, A as string)).toBe('known')
    expect(judge(text, 'web.example', 22, B as string)).toBe('changed')
    expect(judge(text, 'web.sample', 22, B as string)).toBe('unknown')
  })

  it.each(['[web.example]:2222', hash('[web.example]:2222'), '[*.example]:*'])('knows a port: %s', entry => {
    expect(knownHostName('Web.Example', 2222)).toBe('[web.example]:2222')
    const text = `${entry} ssh-ed25519 ${A}\n`
    expect(judge(text, 'web.example', 2222, A as string)).toBe('known')
    expect(judge(text, 'web.example', 2222, B as string)).toBe('changed')
    expect(judge(text, 'web.example', 22, A as string)).toBe('unknown')
  })

  it('a key known from the usual port is good on another; a different one proves nothing', () => {
    const text = `web.example ssh-ed25519 ${A}\n`
    expect(judge(text, 'web.example', 2222, A as string)).toBe('known')
    expect(judge(text, 'web.example', 2222, B as string)).toBe('unknown')
  })

  it('negation excludes, a revoked key is bad everywhere it is named, authorities are passed over', () => {
    expect(judge(`*.example,!web.example ssh-rsa ${A}\n`, 'web.example', 22, A as string)).toBe('unknown')
    expect(judge(`web.example ssh-rsa ${A}\n@revoked *.example ssh-rsa ${A}\n`, 'web.example', 22, A as string)).toBe(
      'revoked',
    )
    expect(judge(`@cert-authority * ssh-rsa ${A}\n`, 'web.example', 22, A as string)).toBe('unknown')
    const bomb = `${'*a'.repeat(2000)}*b ssh-rsa ${A}\n`
    expect(judge(bomb, 'a'.repeat(4000), 22, A as string)).toBe('unknown')
  })

  it('tells the types to ask for', () => {
    const text = `web.example ssh-rsa ${A}\n[web.example]:2222 ecdsa-sha2-nistp256 ${B}\nother ssh-ed25519 ${C}\n`
    expect(knownTypes(parseKnownHosts(text), 'web.example', 22)).toEqual(['ssh-rsa'])
    expect(knownTypes(parseKnownHosts(text), 'web.example', 2222)).toEqual(['ecdsa-sha2-nistp256'])
    expect(knownTypes(parseKnownHosts(text), 'web.example', 23)).toEqual(['ssh-rsa'])
  })
})
