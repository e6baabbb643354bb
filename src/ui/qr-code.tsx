import { encodeQR } from 'qr'
import { Html } from './html'

const QUIET_ZONE = 4 // modules, as ISO/IEC 18004 asks for

/** The text as a QR code. Dark on light in every theme: some readers cannot read the inverse. */
export const QrCode = ({ text, label }: { text: string; label: string }) => {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET_ZONE })
  return (
    <svg
      class="qr"
      role="img"
      aria-label={Html.escapeHtml(label)}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      shape-rendering="crispEdges"
    >
      <path d={rows.map(pathOfRow).join('')} />
    </svg>
  )
}

/** One rectangle per run of dark modules. */
const pathOfRow = (row: boolean[], y: number) =>
  Array.from(
    row
      .map((isDark) => (isDark ? '1' : '0'))
      .join('')
      .matchAll(/1+/g),
    ({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`,
  ).join('')
