/** Table cells have at most 120 characters, so a row with empty first cells continues the last cell of the row above. */
export const joinRows = (page: string) => page.replaceAll(/ *\|\n\|(?: *\|)+ *(?=[^ |\n])/g, ' · ')
