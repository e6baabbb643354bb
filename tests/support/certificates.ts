import { tempFolder } from './temp'

export const hasOpenssl = Bun.which('openssl') !== null

async function openssl(...parameters: string[]) {
  const ran = Bun.spawn(['openssl', ...parameters], { stdout: 'pipe', stderr: 'pipe' })
  const error = await new Response(ran.stderr).text()
  if ((await ran.exited) !== 0) throw new Error(`openssl failed: ${error}`)
}

/** An authority and a certificate that it signed for this name. The paths of files in PEM. */
export async function createCertificate(name = 'localhost') {
  const folder = tempFolder('certificate')
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const create = (file: string, ...more: string[]) => {
    const files = ['-keyout', `${folder}/${file}.key`, '-out', `${folder}/${file}.pem`]
    return openssl('req', '-x509', '-days', '2', ...ecKey, ...files, ...more)
  }
  await create('ca', '-subj', '/CN=Test authority', '-addext', 'keyUsage=keyCertSign')
  const signed = ['-CA', `${folder}/ca.pem`, '-CAkey', `${folder}/ca.key`, '-addext', 'basicConstraints=CA:FALSE']
  await create('server', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, ...signed)
  return { ca: `${folder}/ca.pem`, certificate: `${folder}/server.pem`, key: `${folder}/server.key` }
}
