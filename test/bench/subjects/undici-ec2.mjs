// undici.request with nothing around it, its body consumed, as text.
import { request } from 'undici'

export async function prepare(port) {
  const url = `http://127.0.0.1:${port}/`
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'bench' }
  const body = 'Action=DescribeInstances&Version=2016-11-15&MaxResults=1000'
  return {
    instances: async () => {
      const reply = await request(url, { method: 'POST', headers, body })
      if (!(await reply.body.text()).endsWith('Response>')) throw new Error('The list is not whole')
    },
  }
}
