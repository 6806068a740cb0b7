export { FtpServer, type FtpOptions } from './ftp-server.ts';
