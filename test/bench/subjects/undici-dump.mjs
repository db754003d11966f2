// As undici.mjs, but the body is thrown away unread: the least that a call can cost with it.
import { request } from 'undici'

export async function prepare(port) {
  const origin = `http://127.0.0.1:${port}`
  const headers = { authorization: 'Bearer test-key', accept: 'application/json', 'user-agent': 'bench' }
  const call = (path, method) => async () => {
    const { body } = await request(origin + path, { method, headers })
    await body.dump()
  }
  return { small: call('/v2/domains/example.com', 'GET'), head: call('/object', 'HEAD') }
}
