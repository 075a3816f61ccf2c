# compare and exchange leaves memory that is not r0
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r0 = 6
	r2 = 0x77
	r0 = atomic64_cmpxchg((u64 *)(r1 + 0), r0, r2)
	r2 = *(u64 *)(r1 + 0)
	r0 += r2
	exit
-- result 0x20000000a
