# compare and exchange stores when memory is r0; r0 gets the old value
-- asm
	r1 = value ll
	r3 = 0x100000005 ll
	*(u64 *)(r1 + 0) = r3
	r0 = 0x5 ll
	r2 = 0x77
	r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)
	r2 = *(u64 *)(r1 + 0)
	r0 += r2
	exit
-- result 0x10000007c
