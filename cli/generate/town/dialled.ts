/** Numbers as they are written in the town: its area is 44 of Ukraine. */

/** With the area and its leading zero; foreign numbers with 00. */
export function nationalNumber(number: string): string {
  return number.startsWith('380') ? `0${number.slice(3)}` : `00${number}`;
}

/** As it is dialled: seven digits inside the area. */
export function dialled(number: string): string {
  return number.startsWith('38044') ? number.slice(5) : nationalNumber(number);
}
