/** Vouchers, which the shop's partner does not answer for. */

export class VoucherError extends Error {
  override name = 'VoucherError';
}

export async function useVoucher(code: string): Promise<number> {
  const reply = await askPartner(code);
  if (!reply.accepted) throw new VoucherError('The voucher service refused the request', { cause: reply.reason });
  return reply.cents;
}

async function askPartner(code: string): Promise<{ accepted: boolean; cents: number; reason?: Error }> {
  return { accepted: false, cents: 0, reason: new RangeError(`A voucher code has 12 characters, not ${code.length}`) };
}
