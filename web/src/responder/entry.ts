// The code of a place that was scanned with the phone's own camera, and led here. It is read once and never stays in the address.
function read(): { at: string | null } {
  const at = new URLSearchParams(location.hash.slice(1)).get('at')
  if (at) history.replaceState(null, '', location.pathname)
  return { at }
}
export const entry = read()
