// Saves an answer of the API as a file: a link could not carry the token.

export async function save(answer: Response, name: string): Promise<void> {
  const given = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = given ?? name;
  link.click();
  URL.revokeObjectURL(link.href);
}
