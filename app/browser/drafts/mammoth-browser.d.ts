/** mammoth for browsers, in one file: its modules need parts of Node. */
declare module "mammoth/mammoth.browser.min.js" {
  import mammoth from "mammoth";
  export default mammoth;
}
