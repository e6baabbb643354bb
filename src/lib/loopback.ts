const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Whether a host name can only mean this machine. */
export const isLoopback = (hostname: string) => LOOPBACK.test(hostname)
