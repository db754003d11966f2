// undici.request with nothing around it, its body consumed.
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { request } from 'undici'
import { bytes, consume, scratch } from '../source.mjs'

export async function prepare(port) {
  const origin = `http://127.0.0.1:${port}`
  const headers = { authorization: 'Bearer test-key', accept: 'application/json', 'user-agent': 'bench' }
  const json = async path => {
    const { body } = await request(origin + path, { headers })
    return JSON.parse(await body.text())
  }
  const down = kind => async size => {
    const { body } = await request(`${origin}/${kind}/${size}`, { headers })
    await consume(body, size)
  }
  const up = known => async size => {
    const more = known ? { ...headers, 'content-length': String(size) } : headers
    const url = `${origin}/sink/${size}`
    const { statusCode, body } = await request(url, { method: 'PUT', headers: more, body: bytes(size) })
    await body.text()
    if (statusCode !== 200) throw new Error(`status ${statusCode}`)
  }
  return {
    list: () => json('/v2/droplets'),
    records: () => json('/v2/domains/example.com/records'),
    small: () => json('/v2/domains/example.com'),
    zone: () => json('/v2/domains/example.com'),
    head: async () => {
      const { body } = await request(`${origin}/object`, { method: 'HEAD', headers })
      await body.text()
    },
    down: down('bytes'),
    downChunked: down('chunked'),
    downFile: async size => {
      const { body } = await request(`${origin}/bytes/${size}`, { headers })
      await pipeline(body, createWriteStream(scratch('undici')))
    },
    up: up(true),
    upChunked: up(false),
    upSource: up(true),
    s3list: async () => {
      for (let page = 1; page <= 100; page++) {
        const { body } = await request(`${origin}/listing?list-type=2&continuation-token=${page}`, { headers })
        await body.text()
      }
    },
    s3get: async () => {
      const { body } = await request(`${origin}/kibibyte/a`, { headers })
      await consume(body, 1024)
    },
    upParts: up(true),
  }
}
