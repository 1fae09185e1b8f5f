/** Vite gives the text of a file that is imported so. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
