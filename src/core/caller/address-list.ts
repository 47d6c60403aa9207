/** Whether an address is in a list. What is no address never is. */
export type AddressList = (address: string) => boolean;
