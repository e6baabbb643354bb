/** One URL for each host of `postgres://user:password@host:5432,host2:5432/name`. The URL parser knows no list of hosts. */
export function splitHosts(text: string) {
  const [, start = '', hosts = '', rest = ''] = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/is.exec(text) ?? []
  return hosts.split(',').map((host) => start + host + rest)
}
