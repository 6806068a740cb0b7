/** Names and paths on the other machine. A sender's name is looked at before it is sent back in a command. */

/** One step of a path and nothing else: no separators, no way up, no bytes that end a command, nothing lost in decoding. */
export function isPlainName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > 255) return false;
  return !/[/\\\u0000-\u001f\u007f\ufffd]/.test(name);
}

export function remotePath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}
