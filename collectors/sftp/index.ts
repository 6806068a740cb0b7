export { SftpServer, type SftpOptions } from './sftp-server.ts';
