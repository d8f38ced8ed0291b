/** Debian's own, which has the packages of apt-get; another one in PATH has not. */
export const python = '/usr/bin/python3'
